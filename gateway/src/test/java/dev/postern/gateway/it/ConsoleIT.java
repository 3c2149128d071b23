package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.Gateway;
import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The admin console by the wire, psql and pgjdbc; columns and types are PgBouncer 1.25.2's. */
class ConsoleIT {
    private static final Map<String, String> COLUMNS = columns();

    private final RouteYaml orders = RouteYaml.to(PostgresServers.shared(), "orders", "orders")
            .withPool("{mode: transaction, defaultPoolSize: 2, queryWaitTimeout: 20s}");
    private final GatewayYaml yaml = GatewayYaml.of(
            orders, RouteYaml.to(PostgresServers.shared(), "billing", "billing").withPool("{mode: session}"));
    private Gateway gateway;

    private static Map<String, String> columns() {
        Map<String, String> columns = new LinkedHashMap<>();
        String sockets = "type:25,user:25,database:25,replication:25,state:25,addr:25,port:23,local_addr:25,"
                + "local_port:23,connect_time:25,request_time:25,wait:23,wait_us:23,close_needed:23,ptr:25,link:25,"
                + "remote_pid:23,tls:25,application_name:25,prepared_statements:23,id:23";
        String debug =
                sockets + ",recv_pos:23,pkt_pos:23,pkt_remain:23,send_pos:23,send_remain:23,pkt_avail:23,send_avail:23";
        columns.put(
                "STATS",
                "database:25,total_server_assignment_count:1700,total_xact_count:1700,total_query_count:1700,"
                        + "total_received:1700,total_sent:1700,total_xact_time:1700,total_query_time:1700,"
                        + "total_wait_time:1700,total_client_parse_count:1700,total_server_parse_count:1700,"
                        + "total_bind_count:1700,avg_server_assignment_count:1700,avg_xact_count:1700,"
                        + "avg_query_count:1700,avg_recv:1700,avg_sent:1700,avg_xact_time:1700,avg_query_time:1700,"
                        + "avg_wait_time:1700,avg_client_parse_count:1700,avg_server_parse_count:1700,"
                        + "avg_bind_count:1700");
        columns.put(
                "STATS_TOTALS",
                "database:25,server_assignment_count:1700,xact_count:1700,query_count:1700,bytes_received:1700,"
                        + "bytes_sent:1700,xact_time:1700,query_time:1700,wait_time:1700,client_parse_count:1700,"
                        + "server_parse_count:1700,bind_count:1700");
        columns.put(
                "STATS_AVERAGES",
                "database:25,server_assignment_count:1700,xact_count:1700,query_count:1700,bytes_received:1700,"
                        + "bytes_sent:1700,xact_time:1700,query_time:1700,wait_time:1700,"
                        + "avg_client_parse_count:1700,avg_server_parse_count:1700,avg_bind_count:1700");
        columns.put("TOTALS", "name:25,value:1700");
        columns.put(
                "POOLS",
                "database:25,user:25,cl_active:23,cl_waiting:23,cl_active_cancel_req:23,cl_waiting_cancel_req:23,"
                        + "sv_active:23,sv_active_cancel:23,sv_being_canceled:23,sv_idle:23,sv_used:23,sv_tested:23,"
                        + "sv_login:23,maxwait:23,maxwait_us:23,pool_mode:25,load_balance_hosts:25");
        columns.put(
                "PEER_POOLS",
                "peer_id:23,cl_active_cancel_req:23,cl_waiting_cancel_req:23,sv_active_cancel:23,sv_login:23");
        columns.put("CLIENTS", sockets);
        columns.put("SERVERS", sockets);
        columns.put("SOCKETS", debug);
        columns.put("ACTIVE_SOCKETS", debug);
        columns.put(
                "DATABASES",
                "name:25,host:25,port:23,database:25,force_user:25,pool_size:23,min_pool_size:23,"
                        + "reserve_pool_size:23,server_lifetime:23,pool_mode:25,load_balance_hosts:25,"
                        + "max_connections:23,current_connections:23,max_client_connections:23,"
                        + "current_client_connections:23,paused:23,disabled:23");
        columns.put(
                "USERS",
                "name:25,pool_size:25,reserve_pool_size:25,pool_mode:25,max_user_connections:23,"
                        + "current_connections:23,max_user_client_connections:23,current_client_connections:23");
        columns.put("LISTS", "list:25,items:23");
        columns.put("CONFIG", "key:25,value:25,default:25,changeable:25");
        columns.put("PEERS", "peer_id:23,host:25,port:23,pool_size:23");
        columns.put("MEM", "name:25,size:23,used:23,free:23,memtotal:23");
        columns.put("DNS_HOSTS", "hostname:25,ttl:20,addrs:25");
        columns.put("DNS_ZONES", "zonename:25,serial:20,count:23");
        columns.put("STATE", "key:25,value:25");
        columns.put("VERSION", "version:25");
        columns.put(
                "FDS",
                "fd:23,task:25,user:25,database:25,addr:25,port:23,cancel:20,link:23,client_encoding:25,"
                        + "std_strings:25,datestyle:25,timezone:25,password:25,scram_client_key:17,"
                        + "scram_server_key:17");
        columns.put("LISTENING", "database:25,user:25,client_id:23,channels:23");
        columns.put("PINNED", "database:25,user:25,client_id:23,server_pid:23,pinned_by:25");
        columns.put(
                "CREDENTIALS",
                "route:25,source:25,user:25,generation:20,state:25,seconds_left:20,retiring:23,last_rotation:25,"
                        + "last_error:25,last_error_at:25");
        return columns;
    }

    @BeforeEach
    void start() throws Exception {
        gateway = Gateway.start(config());
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    private GatewayConfig config() {
        String text = yaml.text() + """
                admin:
                  consoleUsers: [admin]
                  statsUsers: [stats]
                  clientAuth: {scram: {users: {admin: {password: console-secret}, stats: {password: stats-secret},
                    stranger: {password: s}}}}
                """;
        return switch (new ConfigLoader(Map.of()).parse(text, "test.yaml")) {
            case ConfigResult.Loaded(var loaded) -> loaded;
            case ConfigResult.Rejected rejected -> throw new IllegalArgumentException(rejected.render());
        };
    }

    private ServerAddress address(String user, String password, String database) {
        return new ServerAddress(
                yaml.tlsPort(), Optional.of(Certificates.shared().clientContext()), user, password, database);
    }

    private WireClient admin() {
        return WireClient.connect(address("admin", "console-secret", "pgbouncer"));
    }

    private WireClient client(String database) {
        return WireClient.connect(address("app", "app-secret", database));
    }

    /** Rows of a SHOW by the names of its columns. */
    private static List<Map<String, String>> show(WireClient console, String what) {
        console.send(FrontendBytes.query("SHOW " + what));
        List<WireMessage> answers = console.receiveUntilReady();
        String description = answers.getFirst().toString();
        String[] names = description.substring(2, description.length() - 1).split(",");
        List<Map<String, String>> rows = new ArrayList<>();
        for (WireMessage message : answers) {
            if (message.type() == 'D') {
                Map<String, String> row = new LinkedHashMap<>();
                List<String> values = message.columns();
                for (int i = 0; i < names.length; i++) {
                    row.put(names[i].replaceFirst(":\\d+$", ""), values.get(i));
                }
                rows.add(row);
            }
        }
        return rows;
    }

    private static Map<String, String> row(List<Map<String, String>> rows, String column, String value) {
        return rows.stream()
                .filter(row -> value.equals(row.get(column)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + column + " " + value + " in " + rows));
    }

    private static String error(WireClient console, String command) {
        console.send(FrontendBytes.query(command));
        WireMessage error = console.receiveUntilReady().getFirst();
        assertThat(error.type()).as(command).isEqualTo('E');
        return error.sqlState() + " " + error.fields().get('M');
    }

    @Test
    void everyShowHasPgBouncersColumnsAndTypes() {
        try (WireClient console = admin();
                WireClient client = client("orders")) {
            client.query("select 1");
            COLUMNS.forEach((what, expected) -> {
                List<String> answers = console.query("show " + what + ";");
                assertThat(answers.getFirst()).as(what).isEqualTo("T(" + expected + ")");
                assertThat(answers).as(what).endsWith("C(SHOW)", "Z(I)");
            });
            assertThat(console.query("SELECT version").getFirst()).isEqualTo("T(version:25)");
            assertThat(console.ask("SHOW VERSION")).startsWith("PgBouncer 1.25.2 (Postern ");
            assertThat(console.query("SHOW HELP")).containsExactly("N(NOTICE 00000)", "C(SHOW)", "Z(I)");
            assertThat(console.query("show client_encoding"))
                    .containsExactly("T(client_encoding:25)", "D(UTF-8)", "C(SHOW)", "Z(I)");
            assertThat(console.query("SET client_encoding TO 'UTF8'"))
                    .containsExactly("N(NOTICE 00000)", "C(SET)", "Z(I)");
        }
    }

    @Test
    void welcomesAsPgBouncerDoes() {
        try (WireClient console = admin()) {
            assertThat(console.parameterStatus("server_version")).isEqualTo("1.25.2/bouncer");
            assertThat(console.parameterStatus("client_encoding")).isEqualTo("UTF8");
            assertThat(console.parameterStatus("DateStyle")).isEqualTo("ISO");
            assertThat(console.parameterStatus("is_superuser")).isEqualTo("on");
        }
    }

    @Test
    void letsOnlyItsOwnUsersIn() {
        assertThatThrownBy(() -> WireClient.connect(address("admin", "wrong", "pgbouncer")))
                .isInstanceOf(WireClient.LoginRefused.class)
                .hasMessageContaining("password authentication failed");
        // Right password, but neither in consoleUsers nor in statsUsers: looks the same.
        assertThatThrownBy(() -> WireClient.connect(address("stranger", "s", "pgbouncer")))
                .isInstanceOf(WireClient.LoginRefused.class)
                .hasMessageContaining("password authentication failed for user");
        assertThatThrownBy(() -> WireClient.connect(address("app", "app-secret", "pgbouncer")))
                .isInstanceOf(WireClient.LoginRefused.class)
                .hasMessageContaining("password authentication failed for user");
    }

    @Test
    void countsWhatClientsDo() {
        try (WireClient console = admin();
                WireClient client = client("orders");
                WireClient other = client("orders")) {
            client.query("select 1");
            client.query("begin");
            client.query("select pg_sleep(0.02)");
            Map<String, String> pool = row(show(console, "POOLS"), "database", "orders");
            assertThat(pool)
                    .containsEntry("user", "orders_backend")
                    .containsEntry("cl_active", "2")
                    .containsEntry("cl_waiting", "0")
                    .containsEntry("sv_active", "1")
                    .containsEntry("pool_mode", "transaction");
            client.query("commit");
            Map<String, String> totals = row(show(console, "STATS_TOTALS"), "database", "orders");
            assertThat(totals).containsEntry("xact_count", "2").containsEntry("query_count", "4");
            assertThat(Long.parseLong(totals.get("xact_time"))).isBetween(20_000L, 20_000_000L);
            assertThat(Long.parseLong(totals.get("query_time"))).isGreaterThanOrEqualTo(20_000L);
            assertThat(Long.parseLong(totals.get("bytes_received"))).isPositive();
            assertThat(Long.parseLong(totals.get("bytes_sent"))).isPositive();
            assertThat(row(show(console, "STATS"), "database", "orders")).containsEntry("total_xact_count", "2");
            assertThat(row(show(console, "TOTALS"), "name", "total_client_bytes")
                            .get("value"))
                    .matches("[1-9]\\d*");
            Map<String, String> database = row(show(console, "DATABASES"), "name", "orders");
            assertThat(database)
                    .containsEntry("host", "localhost")
                    .containsEntry(
                            "port", String.valueOf(PostgresServers.shared().port()))
                    .containsEntry("database", "orders")
                    .containsEntry("force_user", "orders_backend")
                    .containsEntry("pool_size", "2")
                    .containsEntry("current_client_connections", "2")
                    .containsEntry("paused", "0")
                    .containsEntry("disabled", "0");
            assertThat(row(show(console, "DATABASES"), "name", "pgbouncer"))
                    .containsEntry("host", "null")
                    .containsEntry("port", String.valueOf(yaml.tlsPort()))
                    .containsEntry("pool_mode", "statement");
            assertThat(row(show(console, "USERS"), "name", "app")).containsEntry("current_client_connections", "2");
            assertThat(row(show(console, "LISTS"), "list", "used_clients")).containsEntry("items", "3");
            assertThat(row(show(console, "CONFIG"), "key", "max_client_conn"))
                    .containsEntry("value", "10000")
                    .containsEntry("changeable", "yes");
            assertThat(row(show(console, "CREDENTIALS"), "route", "orders"))
                    .containsEntry("user", "orders_backend")
                    .containsEntry("seconds_left", "null");
            other.query("select 1");
        }
    }

    @Test
    void namesEachPoolAndDatabaseOnce() {
        try (WireClient console = admin();
                WireClient one = client("orders");
                WireClient two = client("billing")) {
            one.query("select 1");
            two.query("select 1");
            assertThat(show(console, "POOLS"))
                    .extracting(row -> row.get("database") + "/" + row.get("user"))
                    .containsExactlyInAnyOrder(
                            "pgbouncer/pgbouncer", "orders/orders_backend", "billing/billing_backend");
            assertThat(show(console, "STATS_TOTALS"))
                    .extracting(row -> row.get("database"))
                    .containsExactlyInAnyOrder("pgbouncer", "orders", "billing");
            assertThat(show(console, "DATABASES"))
                    .extracting(row -> row.get("name"))
                    .containsExactlyInAnyOrder("pgbouncer", "orders", "billing");
        }
    }

    @Test
    void showsClientsAndServersWithTheirLinks() {
        try (WireClient console = admin();
                WireClient client = WireClient.connect(
                        address("app", "app-secret", "orders").withParameter("application_name", "shop"))) {
            client.query("begin");
            Map<String, String> row = row(show(console, "CLIENTS"), "database", "orders");
            Map<String, String> server = row(show(console, "SERVERS"), "database", "orders");
            assertThat(row)
                    .containsEntry("type", "C")
                    .containsEntry("user", "app")
                    .containsEntry("state", "active")
                    .containsEntry("addr", "127.0.0.1")
                    .containsEntry("local_port", String.valueOf(yaml.tlsPort()))
                    .containsEntry("application_name", "shop")
                    .containsEntry("link", server.get("ptr"));
            assertThat(row.get("tls")).startsWith("TLSv1.3/");
            assertThat(row.get("connect_time")).matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC");
            assertThat(server)
                    .containsEntry("type", "S")
                    .containsEntry("user", "orders_backend")
                    .containsEntry("state", "active")
                    .containsEntry("link", row.get("ptr"))
                    .containsEntry("close_needed", "0");
            assertThat(server.get("remote_pid")).isEqualTo(client.ask("select pg_backend_pid()"));
            assertThat(row(show(console, "CLIENTS"), "database", "pgbouncer")).containsEntry("user", "admin");
            client.query("commit");
            assertThat(row(show(console, "CLIENTS"), "database", "orders"))
                    .containsEntry("state", "idle")
                    .containsEntry("link", "");
        }
    }

    @Test
    void statsUsersLookAndDoNothing() {
        try (WireClient console = WireClient.connect(address("stats", "stats-secret", "pgbouncer"));
                WireClient client = client("orders")) {
            client.query("select 1");
            COLUMNS.keySet().stream()
                    .filter(what -> !what.equals("FDS"))
                    .forEach(what -> assertThat(console.query("SHOW " + what)).endsWith("C(SHOW)", "Z(I)"));
            String id = row(show(console, "CLIENTS"), "database", "orders").get("id");
            for (String command : List.of(
                    "SHOW FDS",
                    "PAUSE",
                    "PAUSE orders",
                    "RESUME",
                    "DISABLE orders",
                    "ENABLE orders",
                    "RECONNECT",
                    "KILL orders",
                    "KILL_CLIENT " + id,
                    "SUSPEND",
                    "RELOAD",
                    "SHUTDOWN",
                    "WAIT_CLOSE",
                    "SET default_pool_size = 3")) {
                assertThat(error(console, command)).isEqualTo("08P01 admin access needed");
            }
            assertThat(client.ask("select 2")).isEqualTo("2");
        }
    }

    @Test
    void saysWhatIsWrongAndGoesOn() {
        try (WireClient console = admin()) {
            assertThat(error(console, "SHOW nothing"))
                    .isEqualTo("08P01 invalid command 'SHOW nothing', use SHOW HELP;");
            assertThat(error(console, "begin")).isEqualTo("08P01 invalid command 'begin', use SHOW HELP;");
            assertThat(error(console, "show pools; show pools")).startsWith("08P01 invalid command");
            assertThat(error(console, "SHOW " + "x".repeat(64))).isEqualTo("08P01 bad arguments");
            assertThat(error(console, "PAUSE nowhere")).isEqualTo("08P01 no such database: nowhere");
            assertThat(error(console, "PAUSE pgbouncer")).isEqualTo("08P01 cannot pause admin db: pgbouncer");
            assertThat(error(console, "RESUME")).isEqualTo("08P01 pooler is not paused/suspended");
            assertThat(error(console, "RESUME orders")).isEqualTo("08P01 database orders is not paused");
            assertThat(error(console, "DISABLE")).isEqualTo("08P01 a database is required");
            assertThat(error(console, "KILL_CLIENT x")).isEqualTo("08P01 invalid client pointer supplied");
            assertThat(error(console, "KILL_CLIENT 999999999")).isEqualTo("08P01 client not found");
            assertThat(error(console, "SHUTDOWN NOW")).startsWith("08P01 invalid command");
            assertThat(console.query("")).containsExactly("I", "Z(I)");
            assertThat(console.query(";")).containsExactly("I", "Z(I)");
            assertThat(console.query("show version")).hasSize(4);
        }
    }

    @Test
    void closesOnGarbage() {
        try (WireClient console = admin()) {
            console.send(new byte[] {'Q', 0x7f, 0, 0, 0});
            assertThat(console.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 08P01)");
        }
        try (WireClient console = admin()) {
            console.send(new byte[] {'?', 0, 0, 0, 4});
            assertThat(console.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 08P01)");
        }
        Awaitility.await().until(() -> gateway.clients().open() == 0);
    }

    @Test
    void speaksTheExtendedProtocolToDrivers() throws Exception {
        try (Connection console = jdbc("");
                WireClient client = client("orders")) {
            client.query("select 1");
            assertThat(console.isValid(5)).isTrue();
            // Prepared on the server and in binary, which pgjdbc does from the first execution with this threshold.
            try (var statement = console.prepareStatement("SHOW STATS_TOTALS")) {
                for (int i = 0; i < 3; i++) {
                    try (ResultSet rows = statement.executeQuery()) {
                        long transactions = -1;
                        while (rows.next()) {
                            transactions = rows.getString("database").equals("orders")
                                    ? rows.getBigDecimal("xact_count").longValueExact()
                                    : transactions;
                        }
                        assertThat(transactions).isEqualTo(1);
                    }
                }
            }
            try (var statement = console.prepareStatement("SHOW DATABASES");
                    ResultSet rows = statement.executeQuery()) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt("port")).isEqualTo(yaml.tlsPort());
                assertThat(rows.getString("host")).isNull();
            }
            try (var statement = console.prepareStatement("PAUSE billing")) {
                statement.execute();
            }
            assertThatThrownBy(() -> console.prepareStatement("PAUSE nowhere").execute())
                    .hasMessageContaining("no such database: nowhere");
            try (var statement = console.prepareStatement("RESUME billing")) {
                statement.execute();
            }
        }
    }

    @Test
    void speaksTheSimpleProtocolToDrivers() throws Exception {
        try (Connection console = jdbc("simple");
                var statement = console.createStatement();
                ResultSet rows = statement.executeQuery("SHOW POOLS")) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString("database")).isEqualTo("pgbouncer");
        }
    }

    private Connection jdbc(String mode) throws Exception {
        Properties properties = new Properties();
        properties.put("user", "admin");
        properties.put("password", "console-secret");
        properties.put("sslmode", "verify-full");
        properties.put("sslrootcert", Certificates.shared().caFile().toString());
        properties.put("prepareThreshold", "-1");
        if (!mode.isEmpty()) {
            properties.put("preferQueryMode", mode);
        }
        return DriverManager.getConnection("jdbc:postgresql://localhost:" + yaml.tlsPort() + "/pgbouncer", properties);
    }

    @Test
    void psqlShowsPools() throws Exception {
        assumeTrue(
                List.of(System.getenv("PATH").split(":")).stream()
                        .anyMatch(folder -> java.nio.file.Files.isExecutable(java.nio.file.Path.of(folder, "psql"))),
                "psql is not installed");
        ProcessBuilder builder = new ProcessBuilder(
                        "psql", "-X", "-A", "-c", "SHOW POOLS", "-c", "PAUSE orders", "-c", "RESUME orders")
                .redirectErrorStream(true);
        builder.environment()
                .putAll(Map.of(
                        "PGHOST", "localhost",
                        "PGPORT", Integer.toString(yaml.tlsPort()),
                        "PGUSER", "admin",
                        "PGPASSWORD", "console-secret",
                        "PGDATABASE", "pgbouncer",
                        "PGSSLMODE", "verify-full",
                        "PGSSLROOTCERT", Certificates.shared().caFile().toString()));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        assertThat(output)
                .contains("database|user|cl_active|cl_waiting|", "pgbouncer|pgbouncer|1|0|0|0|", "PAUSE", "RESUME");
    }

    // ---- commands

    @Test
    void pauseWaitsForTransactionsAndHoldsClients() {
        try (WireClient console = admin();
                WireClient looker = admin();
                WireClient client = client("orders");
                WireClient other = client("orders")) {
            client.query("begin");
            console.send(FrontendBytes.query("PAUSE"));
            Awaitility.await()
                    .until(() -> row(show(looker, "STATE"), "key", "paused").containsValue("yes"));
            assertThat(error(looker, "PAUSE")).isEqualTo("08P01 already suspended/paused");
            other.send(FrontendBytes.query("select 'later' as n"));
            assertThat(console.receiveWithin(Duration.ofMillis(200))).isEmpty();
            assertThat(client.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
            assertThat(console.answers()).containsExactly("C(PAUSE)", "Z(I)");
            assertThat(show(looker, "SERVERS")).isEmpty();
            assertThat(other.receiveWithin(Duration.ofMillis(200))).isEmpty();
            assertThat(row(show(looker, "POOLS"), "database", "orders")).containsEntry("cl_waiting", "1");
            assertThat(console.query("RESUME")).containsExactly("C(RESUME)", "Z(I)");
            assertThat(other.answers()).contains("D(later)");
            assertThat(row(show(looker, "STATE"), "key", "active")).containsEntry("value", "yes");
        }
    }

    @Test
    void pausesOneDatabaseAlsoForClientsThatComeLater() {
        try (WireClient console = admin();
                WireClient other = client("billing")) {
            assertThat(console.query("PAUSE orders")).containsExactly("C(PAUSE)", "Z(I)");
            assertThat(row(show(console, "DATABASES"), "name", "orders")).containsEntry("paused", "1");
            assertThat(other.ask("select 1")).isEqualTo("1");
            WireClient late = WireClient.open(yaml.tlsPort());
            Thread login = Thread.ofVirtual().start(() -> late.login(address("app", "app-secret", "orders")));
            Awaitility.await()
                    .until(() ->
                            gateway.clients().open() == 3 && gateway.clients().loggedIn() == 2);
            assertThat(console.query("RESUME orders")).containsExactly("C(RESUME)", "Z(I)");
            Awaitility.await().until(() -> !login.isAlive());
            assertThat(late.ask("select 1")).isEqualTo("1");
            late.close();
        }
    }

    @Test
    void aCancelEndsThePauseItWaitsFor() {
        try (WireClient console = admin();
                WireClient client = client("orders")) {
            client.query("begin");
            console.send(FrontendBytes.query("PAUSE"));
            assertThat(console.receiveWithin(Duration.ofMillis(100))).isEmpty();
            console.cancel();
            assertThat(console.answers()).containsExactly("E(ERROR 57014)", "Z(I)");
            assertThat(row(show(console, "STATE"), "key", "active")).containsEntry("value", "yes");
            client.query("commit");
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void disabledDatabasesTakeNoNewClients() {
        try (WireClient console = admin();
                WireClient before = client("orders")) {
            assertThat(console.query("DISABLE orders")).containsExactly("C(DISABLE)", "Z(I)");
            assertThat(row(show(console, "DATABASES"), "name", "orders")).containsEntry("disabled", "1");
            assertThat(before.ask("select 1")).isEqualTo("1");
            assertThatThrownBy(() -> client("orders"))
                    .isInstanceOf(WireClient.LoginRefused.class)
                    .hasMessageContaining("55000")
                    .hasMessageContaining("database \"orders\" is not currently accepting connections");
            // A stranger learns nothing of it.
            assertThatThrownBy(() -> WireClient.connect(address("app", "wrong", "orders")))
                    .hasMessageContaining("password authentication failed");
            assertThat(console.query("ENABLE orders")).containsExactly("C(ENABLE)", "Z(I)");
            client("orders").close();
        }
    }

    @Test
    void reconnectAndWaitCloseReplaceServers() {
        try (WireClient console = admin();
                WireClient looker = admin();
                WireClient client = client("orders")) {
            client.query("begin");
            String pid = client.ask("select pg_backend_pid()");
            assertThat(console.query("RECONNECT orders")).containsExactly("C(RECONNECT)", "Z(I)");
            console.send(FrontendBytes.query("WAIT_CLOSE orders"));
            assertThat(row(show(looker, "SERVERS"), "remote_pid", pid)).containsEntry("close_needed", "1");
            assertThat(console.receiveWithin(Duration.ofMillis(150))).isEmpty();
            client.query("commit");
            assertThat(console.answers()).containsExactly("C(WAIT_CLOSE)", "Z(I)");
            assertThat(client.ask("select pg_backend_pid()")).isNotEqualTo(pid);
        }
    }

    @Test
    void killEndsClientsAndServersAndLeavesTheDatabasePaused() {
        try (WireClient console = admin();
                WireClient client = client("orders");
                WireClient other = client("billing")) {
            client.query("begin");
            assertThat(console.query("KILL orders")).containsExactly("C(KILL)", "Z(I)");
            assertThat(client.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
            Awaitility.await()
                    .until(() ->
                            show(console, "SERVERS").stream().noneMatch(row -> "orders".equals(row.get("database"))));
            assertThat(row(show(console, "DATABASES"), "name", "orders")).containsEntry("paused", "1");
            assertThat(other.ask("select 1")).isEqualTo("1");
            assertThat(console.query("RESUME orders")).containsExactly("C(RESUME)", "Z(I)");
            try (WireClient again = client("orders")) {
                assertThat(again.ask("select 1")).isEqualTo("1");
            }
        }
    }

    @Test
    void killsOneClientByItsId() {
        try (WireClient console = admin();
                WireClient victim = client("orders");
                WireClient bystander = client("orders")) {
            victim.query("begin");
            String id = show(console, "CLIENTS").stream()
                    .filter(row -> !"".equals(row.get("link")))
                    .findFirst()
                    .orElseThrow()
                    .get("id");
            assertThat(console.query("KILL_CLIENT " + id)).containsExactly("C(KILL_CLIENT)", "Z(I)");
            assertThat(victim.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
            assertThat(bystander.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void suspendStopsTheTrafficUntilResume() {
        try (WireClient console = admin();
                WireClient client = client("orders")) {
            client.query("select 1");
            assertThat(console.query("SUSPEND")).containsExactly("C(SUSPEND)", "Z(I)");
            assertThat(row(show(console, "STATE"), "key", "suspended")).containsEntry("value", "yes");
            client.send(FrontendBytes.query("select 'held' as n"));
            assertThat(client.receiveWithin(Duration.ofMillis(200))).isEmpty();
            assertThat(console.query("RESUME")).containsExactly("C(RESUME)", "Z(I)");
            assertThat(client.answers()).contains("D(held)");
        }
    }

    @Test
    void whoIsNoUserAnyMoreSeesNothingMore() throws Exception {
        try (WireClient console = admin();
                WireClient stats = WireClient.connect(address("stats", "stats-secret", "pgbouncer"))) {
            assertThat(console.query("SHOW POOLS")).endsWith("Z(I)").noneMatch(line -> line.startsWith("E("));
            gateway.reload(((ConfigResult.Loaded) new ConfigLoader(Map.of())
                            .parse(
                                    yaml.text() + "admin: {statsUsers: [stats], clientAuth: {scram: {users: {stats: "
                                            + "{password: stats-secret}}}}}\n",
                                    "test.yaml"))
                    .config());
            for (String command : List.of("SHOW POOLS", "SHOW VERSION", "RELOAD", "SET default_pool_size = 3")) {
                assertThat(error(console, command)).isEqualTo("42501 no longer a user of the console");
            }
            assertThat(stats.query("SHOW POOLS")).endsWith("C(SHOW)", "Z(I)");
        }
    }

    @Test
    void pauseOutlivesAReloadOfTheRoute() throws Exception {
        try (WireClient console = admin();
                WireClient client = client("orders")) {
            client.query("select 1");
            assertThat(console.query("PAUSE orders")).containsExactly("C(PAUSE)", "Z(I)");
            GatewayConfig changed = ((ConfigResult.Loaded) new ConfigLoader(Map.of())
                            .parse(
                                    yaml.withRoute(orders.withPool("{mode: transaction, defaultPoolSize: 3}"))
                                                    .text()
                                            + "admin: {consoleUsers: [admin], clientAuth: {scram: {users: {admin: "
                                            + "{password: console-secret}}}}}\n",
                                    "test.yaml"))
                    .config();
            gateway.reload(changed);
            client.send(FrontendBytes.query("select 'held' as n"));
            assertThat(client.receiveWithin(Duration.ofMillis(200))).isEmpty();
            assertThat(console.query("RESUME orders")).containsExactly("C(RESUME)", "Z(I)");
            assertThat(client.answers()).contains("D(held)");
            assertThat(row(show(console, "DATABASES"), "name", "orders")).containsEntry("pool_size", "3");
        }
    }
}
