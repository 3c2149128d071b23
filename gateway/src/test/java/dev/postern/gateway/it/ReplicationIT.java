package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.PGReplicationStream;

/** Replication connections, logical and physical: a server connection of their own, which counts and is never lent on. */
class ReplicationIT {
    private static PostgresServer postgres;
    private GatewayFixture gateway;

    @BeforeAll
    static void startServer() {
        postgres = PostgresServers.ownWith("wal_level = logical");
        postgres.execute(
                "postgres",
                "create role replicator login replication password 'replicator-secret'",
                "create role own login replication password 'own-secret'");
        postgres.execute("orders", "create table changes (i int primary key)", "grant all on changes to public");
    }

    @AfterAll
    static void stopServer() {
        postgres.close();
    }

    @BeforeEach
    void start() {
        RouteYaml orders = RouteYaml.to(postgres, "orders", "orders")
                .withCredentials("{static: {user: replicator, password: replicator-secret}}")
                .withPool("{mode: transaction, defaultPoolSize: 2, serverConnectTimeout: 3s}");
        RouteYaml own = RouteYaml.to(postgres, "own", "orders")
                .withClientAuth("{scram: {users: {own: {verifier: \"" + verifier() + "\"}}}}")
                .withCredentials("{passThrough: {}}");
        gateway = GatewayFixture.start(GatewayYaml.of(
                        orders,
                        orders.named("one").withPool("{mode: session, defaultPoolSize: 1, queryWaitTimeout: 1s}"),
                        RouteYaml.to(postgres, "plain", "orders").withPool("{mode: transaction, defaultPoolSize: 2}"),
                        own,
                        own.named("own_allowed")
                                .withMore("access: {allowSuperuser: true, allowUsers: [own], allowCidrs: [127.0.0.1]}"))
                .withMore(
                        "admin: {consoleUsers: [app], clientAuth: {scram: {users: {app: {password: app-secret}}}}}\n"));
    }

    private static String verifier() {
        return postgres.ask("postgres", "select rolpassword from pg_authid where rolname = 'own'");
    }

    @AfterEach
    void stop() {
        try {
            gateway.assertClean();
            Awaitility.await().until(() -> walSenders() == 0);
        } finally {
            gateway.close();
            postgres.execute(
                    "postgres",
                    "select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active");
        }
    }

    private static int walSenders() {
        return Integer.parseInt(postgres.ask("postgres", "select count(*) from pg_stat_replication"));
    }

    private ServerAddress replicating(String database, String mode) {
        return gateway.address(database).withParameter("replication", mode);
    }

    private static byte[] copyData(byte[] body) {
        return FrontendBytes.message('d', body);
    }

    /** Standby status update: everything up to here has arrived. */
    private static byte[] status(long lsn) {
        return copyData(ByteBuffer.allocate(34)
                .put((byte) 'r')
                .putLong(lsn)
                .putLong(lsn)
                .putLong(lsn)
                .putLong(0)
                .put((byte) 1)
                .array());
    }

    @Test
    void streamsLogicalChangesToPgjdbc() throws Exception {
        Properties properties = new Properties();
        PGProperty.USER.set(properties, "app");
        PGProperty.PASSWORD.set(properties, "app-secret");
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "9.4");
        PGProperty.REPLICATION.set(properties, "database");
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        PGProperty.SSL_MODE.set(properties, "verify-full");
        PGProperty.SSL_ROOT_CERT.set(properties, Certificates.shared().caFile().toString());
        try (Connection connection = DriverManager.getConnection(
                "jdbc:postgresql://localhost:" + gateway.tlsPort() + "/orders", properties)) {
            var api = connection.unwrap(PGConnection.class).getReplicationAPI();
            api.createReplicationSlot()
                    .logical()
                    .withSlotName("jdbc")
                    .withOutputPlugin("test_decoding")
                    .make();
            try (PGReplicationStream stream = api.replicationStream()
                    .logical()
                    .withSlotName("jdbc")
                    .withSlotOption("skip-empty-xacts", true)
                    .start()) {
                try (WireClient writer = gateway.connect("orders")) {
                    writer.query("insert into changes values (1)");
                }
                assertThat(text(stream.read())).startsWith("BEGIN");
                assertThat(text(stream.read())).isEqualTo("table public.changes: INSERT: i[integer]:1");
                assertThat(text(stream.read())).startsWith("COMMIT");
                stream.setFlushedLSN(stream.getLastReceiveLSN());
                stream.setAppliedLSN(stream.getLastReceiveLSN());
                stream.forceUpdateStatus();
            }
            // The stream is over, the connection goes on: SQL works on it as on PostgreSQL.
            try (var statement = connection.createStatement();
                    var row = statement.executeQuery("select current_database(), session_user")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getString(1)).isEqualTo("orders");
                assertThat(row.getString(2)).isEqualTo("replicator");
            }
        }
        postgres.execute("orders", "delete from changes");
    }

    private static String text(ByteBuffer message) {
        return StandardCharsets.UTF_8.decode(message).toString();
    }

    @Test
    void carriesMuchMoreThanAnyBuffer() throws Exception {
        try (WireClient client = WireClient.connect(replicating("orders", "database"))) {
            client.query("CREATE_REPLICATION_SLOT much TEMPORARY LOGICAL test_decoding");
            postgres.execute("orders", "insert into changes select generate_series(1000, 60000)");
            client.send(FrontendBytes.query("START_REPLICATION SLOT much LOGICAL 0/0"));
            int inserts = 0;
            while (inserts < 59001) {
                WireMessage message = client.receive();
                if (message.type() == 'd' && new String(message.body(), StandardCharsets.UTF_8).contains("INSERT")) {
                    inserts++;
                }
            }
            client.send(status(0), FrontendBytes.message('c'));
            while (client.receive().type() != 'Z') {
                // what it still had to say
            }
            assertThat(client.ask("select 'goes on'")).isEqualTo("goes on");
        }
        postgres.execute("orders", "delete from changes");
    }

    @Test
    void aStandbyFollowsThroughTheGateway() {
        PostgresServer standby = postgres.startStandby("host=127.0.0.1 port=" + gateway.plainPort()
                + " user=app password=app-secret application_name=follower" + " options=''-c postern.route=orders''");
        try {
            postgres.execute("orders", "insert into changes values (77)");
            standby.awaitCaughtUpWith(postgres);
            assertThat(standby.ask("orders", "select count(*) from changes where i = 77"))
                    .isEqualTo("1");
            // The name that synchronous replication goes by is the standby's own.
            assertThat(postgres.ask("postgres", "select application_name from pg_stat_replication"))
                    .isEqualTo("follower");
        } finally {
            standby.close();
            postgres.execute("orders", "delete from changes");
        }
    }

    @Test
    void pgRecvlogicalStreams() throws Exception {
        assumeTrue(hasProgram("pg_recvlogical"), "pg_recvlogical is not installed");
        Path out = TemporaryFolders.create("recvlogical").resolve("changes");
        String connection =
                "host=localhost port=" + gateway.tlsPort() + " user=app dbname=orders sslmode=verify-full sslrootcert="
                        + Certificates.shared().caFile();
        assertThat(run("pg_recvlogical", "-d", connection, "--slot=program", "--create-slot", "-P", "test_decoding")
                        .waitFor())
                .isZero();
        Process stream = run("pg_recvlogical", "-d", connection, "--slot=program", "--start", "-f", out.toString());
        try {
            Awaitility.await().until(() -> walSenders() == 1);
            postgres.execute("orders", "insert into changes values (5)");
            Awaitility.await()
                    .ignoreExceptions()
                    .until(() -> Files.readString(out).contains("INSERT: i[integer]:5"));
        } finally {
            stream.destroy(); // SIGTERM: it says goodbye
            assertThat(stream.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        postgres.execute("orders", "delete from changes");
    }

    private static boolean hasProgram(String name) {
        try {
            return new ProcessBuilder(name, "--version").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Process run(String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().put("PGPASSWORD", "app-secret");
        return builder.start();
    }

    @Test
    void identifiesTheSystemInBothModes() {
        try (WireClient logical = WireClient.connect(replicating("orders", "database"));
                WireClient physical = WireClient.connect(replicating("orders", "on"))) {
            String system = postgres.ask("postgres", "select system_identifier from pg_control_system()");
            assertThat(logical.query("IDENTIFY_SYSTEM"))
                    .anyMatch(row -> row.startsWith("D(" + system) && row.endsWith(",orders)"));
            assertThat(physical.query("IDENTIFY_SYSTEM"))
                    .anyMatch(row -> row.startsWith("D(" + system) && row.endsWith(",null)"));
            // As on PostgreSQL: a physical one takes no SQL.
            assertThat(physical.query("select 1")).contains("E(ERROR 0A000)");
            assertThat(physical.query("SHOW server_version")).anyMatch(row -> row.startsWith("D("));
        }
    }

    @Test
    void countsAsAServerOfThePoolAndEvictsAnIdleOne() {
        try (WireClient first = gateway.connect("orders");
                WireClient second = gateway.connect("orders")) {
            first.query("begin");
            second.query("begin");
            first.query("commit");
            second.query("commit");
            assertThat(gateway.servers("orders")).isEqualTo(2);
            try (WireClient stream = WireClient.connect(replicating("orders", "database"))) {
                assertThat(gateway.servers("orders")).isEqualTo(2);
                assertThat(gateway.activeServers()).isEqualTo(1);
                try (WireClient another = WireClient.connect(replicating("orders", "true"))) {
                    assertThat(gateway.servers("orders")).isEqualTo(2);
                    // Both servers of the pool are taken: a session waits until one has gone.
                    first.send(FrontendBytes.query("select 'waited'"));
                    Awaitility.await().until(() -> gateway.waitingClients() == 1);
                    assertThat(another.query("IDENTIFY_SYSTEM")).contains("C(IDENTIFY_SYSTEM)");
                }
                assertThat(first.answers()).contains("D(waited)");
                assertThat(stream.ask("select 'undisturbed'")).isEqualTo("undisturbed");
            }
            assertThat(second.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void theConsoleShowsItAndKillsIt() {
        try (WireClient logical = WireClient.connect(replicating("orders", "database"));
                WireClient physical = WireClient.connect(replicating("orders", "true"));
                WireClient console = WireClient.connect(gateway.address("pgbouncer"))) {
            for (String table : new String[] {"CLIENTS", "SERVERS"}) {
                assertThat(console.query("SHOW " + table))
                        .anyMatch(row -> row.contains(",orders,logical,active,"))
                        .anyMatch(row -> row.contains(",orders,physical,active,"));
            }
            assertThat(console.query("KILL orders")).containsExactly("C(KILL)", "Z(I)");
            assertThat(logical.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
            assertThat(physical.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
            assertThat(console.query("RESUME orders")).containsExactly("C(RESUME)", "Z(I)");
        }
    }

    @Test
    void waitsForAServerInUseNoLongerThanQueryWaitTimeout() {
        try (WireClient session = gateway.connect("one")) {
            session.query("select 1");
            assertThatThrownBy(() -> WireClient.connect(replicating("one", "database")))
                    .isInstanceOfSatisfying(
                            WireClient.LoginRefused.class,
                            refused -> assertThat(refused.error().sqlState()).isEqualTo("53300"));
            assertThat(session.ask("select 'undisturbed'")).isEqualTo("undisturbed");
        }
        try (WireClient stream = WireClient.connect(replicating("one", "database"))) {
            assertThat(stream.query("IDENTIFY_SYSTEM")).contains("C(IDENTIFY_SYSTEM)");
        }
    }

    @Test
    void aRefusedOnePoisonsNothing() {
        try (WireClient client = gateway.connect("plain")) {
            for (String mode : new String[] {"database", "true"}) {
                assertThatThrownBy(() -> WireClient.connect(replicating("plain", mode)))
                        .isInstanceOfSatisfying(
                                WireClient.LoginRefused.class,
                                refused -> assertThat(refused.error().fields())
                                        .containsEntry('S', "FATAL")
                                        .containsEntry('C', "42501")
                                        .containsEntry('M', "permission denied to start WAL sender"));
                assertThat(client.ask("select 'served'")).isEqualTo("served");
                try (WireClient next = gateway.connect("plain")) {
                    assertThat(next.ask("select 'at once'")).isEqualTo("at once");
                }
            }
        }
        assertThatThrownBy(() -> WireClient.connect(
                        replicating("orders", "database").withParameter("options", "-c no_such_setting=1")))
                .isInstanceOfSatisfying(
                        WireClient.LoginRefused.class,
                        refused -> assertThat(refused.error().fields())
                                .containsEntry('C', "42704")
                                .containsEntry('M', "unrecognized configuration parameter \"no_such_setting\""));
        assertThatThrownBy(() ->
                        WireClient.connect(replicating("orders", "database").withPassword("wrong")))
                .isInstanceOfSatisfying(
                        WireClient.LoginRefused.class,
                        refused -> assertThat(refused.error().sqlState()).isEqualTo("28P01"));
    }

    @Test
    void settingsOfTheStartupPacketAreTheConnections() {
        ServerAddress address = replicating("orders", "database")
                .withParameter("application_name", "follower")
                .withParameter("options", "-c statement_timeout=4321");
        try (WireClient client = WireClient.connect(address)) {
            assertThat(client.ask("show application_name")).isEqualTo("follower");
            assertThat(client.ask("show statement_timeout")).isEqualTo("4321ms");
            assertThat(client.parameterStatus("application_name")).isEqualTo("follower");
        }
        try (WireClient client = gateway.connect("orders")) {
            assertThat(client.ask("show statement_timeout")).isEqualTo("0");
        }
    }

    @Test
    void aClientsOwnRoleReplicatesOnlyWhereSuperusersMay() {
        ServerAddress own = replicating("own", "true").withUser("own").withPassword("own-secret");
        assertThatThrownBy(() -> WireClient.connect(own))
                .isInstanceOfSatisfying(
                        WireClient.LoginRefused.class,
                        refused -> assertThat(refused.error().sqlState()).isEqualTo("28000"));
        try (WireClient client = WireClient.connect(own.withDatabase("own_allowed"))) {
            assertThat(client.query("IDENTIFY_SYSTEM")).contains("C(IDENTIFY_SYSTEM)");
        }
    }

    @Test
    void endsWithItsServerAndWithItsClient() {
        try (WireClient client = WireClient.connect(replicating("orders", "database"))) {
            postgres.execute(
                    "postgres",
                    "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'walsender'");
            assertThat(client.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
        }
        WireClient client = WireClient.connect(replicating("orders", "database"));
        client.query("CREATE_REPLICATION_SLOT vanishing TEMPORARY LOGICAL test_decoding");
        client.send(FrontendBytes.query("START_REPLICATION SLOT vanishing LOGICAL 0/0"));
        assertThat(client.receive().type()).isEqualTo('W');
        client.kill();
        Awaitility.await().until(() -> walSenders() == 0);
        assertThat(postgres.ask("postgres", "select count(*) from pg_replication_slots"))
                .isEqualTo("0");
    }

    @Test
    void aCancelRequestReachesItsQuery() {
        try (WireClient client = WireClient.connect(replicating("orders", "database"))) {
            client.send(FrontendBytes.query("select pg_sleep(60)"));
            Awaitility.await()
                    .until(() -> postgres.ask(
                                    "postgres",
                                    "select count(*) from pg_stat_activity where backend_type = 'walsender' and state = 'active'")
                            .equals("1"));
            client.cancel();
            assertThat(client.answers()).endsWith("E(ERROR 57014)", "Z(I)");
        }
    }

    @Test
    void aDrainEndsItAtOnce() throws Exception {
        try (WireClient client = WireClient.connect(replicating("orders", "database"))) {
            CompletableFuture<Void> drained = gateway.drain(Duration.ofSeconds(10));
            assertThat(client.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
            drained.get(5, TimeUnit.SECONDS);
        }
    }
}
