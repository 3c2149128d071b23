package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Users looked up in the database (auth_query), and their own roles at the server (pass-through of SCRAM keys). */
class AuthQueryIT {
    private static final String LOOKUP = "credentials: {static: {user: lookup, password: lookup-secret}}";
    private static PostgresServer server;
    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        server = PostgresServers.own();
        server.execute(
                "postgres",
                "create role lookup login password 'lookup-secret'",
                "grant select on pg_catalog.pg_authid to lookup",
                "create role ann login password 'ann-secret'",
                "create role bob login password 'bob-secret'",
                "create role cara login password 'cara-secret'",
                "create role changes login password 'old-secret'",
                "create role late login password 'late-secret' valid until '2020-01-01'",
                "create role mute nologin password 'mute-secret'",
                "create role boss superuser login password 'boss-secret'",
                "create role walker replication login password 'walker-secret'",
                "create schema evil",
                "grant usage on schema evil to public",
                "create view evil.pg_authid as select 'ann'::name as rolname, null::text as rolpassword",
                "alter role lookup set search_path = evil, pg_catalog");
        RouteYaml orders = RouteYaml.to(server, "orders", "orders");
        gateway = GatewayFixture.start(GatewayYaml.of(
                        orders.withClientAuth("{authQuery: {" + LOOKUP + "}}"),
                        orders.named("first").withClientAuth("{authQuery: {use: main}}"),
                        orders.named("second").withClientAuth("{authQuery: {use: main, method: password}}"),
                        through(orders, "through", "transaction"),
                        through(orders, "session", "session"),
                        through(orders, "super", "transaction")
                                .withMore(
                                        "access: {allowSuperuser: true, allowUsers: [boss, ann], allowCidrs: [127.0.0.0/8]}"),
                        orders.named("absent")
                                .withClientAuth("{authQuery: {backend: {hosts: [\"127.0.0.1:1\"]}, " + LOOKUP + "}}"))
                .withMore(
                        "admin: {consoleUsers: [admin], clientAuth: {scram: {users: {admin: {password: console-secret}}}}}\n"
                                + "authQueries: {main: {backend: {hosts: [\"" + server.address()
                                + "\"], tls: {mode: require}}, " + LOOKUP + ", poolSize: 1}}\n"));
    }

    private static RouteYaml through(RouteYaml route, String name, String mode) {
        return route.named(name)
                .withClientAuth("{authQuery: {" + LOOKUP + "}}")
                .withCredentials("{passThrough: {}}")
                .withPool("{mode: " + mode + ", defaultPoolSize: 3}");
    }

    @AfterAll
    static void stop() {
        try {
            gateway.assertClean();
        } finally {
            gateway.close();
            server.close();
        }
    }

    private static WireClient connect(String database, String user, String password) {
        return WireClient.connect(gateway.address(database).withUser(user).withPassword(password));
    }

    private static String refusal(String database, String user, String password) {
        WireClient.LoginRefused refused = catchThrowableOfType(
                WireClient.LoginRefused.class,
                () -> connect(database, user, password).close());
        assertThat(refused).as("%s is refused at %s", user, database).isNotNull();
        return refused.error() + " " + refused.error().fields().get('M');
    }

    @Test
    void letsInWhomTheDatabaseKnows() {
        for (String database : List.of("orders", "first", "second")) {
            try (WireClient client = connect(database, "ann", "ann-secret")) {
                assertThat(client.ask("select current_user")).isEqualTo("orders_backend");
            }
        }
    }

    @Test
    void refusesEverybodyElseWithOneAnswer() {
        for (String database : List.of("orders", "first", "second", "through")) {
            for (String user : List.of("ann", "nobody", "late", "mute", "n".repeat(64))) {
                String password = user.equals("ann") ? "wrong" : user + "-secret";
                assertThat(refusal(database, user, password))
                        .isEqualTo("E(FATAL 28P01) password authentication failed for user \"" + user + "\"");
            }
        }
    }

    @Test
    void refusesSuperusersAndReplicationRolesWithAClearWord() {
        for (String user : List.of("boss", "walker")) {
            for (String database : List.of("orders", "through")) {
                assertThat(refusal(database, user, user + "-secret"))
                        .isEqualTo("E(FATAL 28000) superusers are not allowed on this endpoint");
                assertThat(refusal(database, user, "wrong")).startsWith("E(FATAL 28P01)");
            }
        }
        assertThat(refusal("super", "walker", "walker-secret")).startsWith("E(FATAL 28P01)");
    }

    @Test
    void letsANamedSuperuserInAndKeepsItsServerForTheSession() {
        try (WireClient client = connect("super", "boss", "boss-secret")) {
            assertThat(client.ask("select current_setting('is_superuser')")).isEqualTo("on");
            client.query("create temporary table mine (n int)");
            assertThat(client.ask("select count(*) from mine")).isEqualTo("0");
        }
    }

    @Test
    void runsTheQueryWithNothingOfTheClientOrTheRole() {
        try (WireClient client = WireClient.connect(gateway.address("orders")
                .withUser("bob")
                .withPassword("bob-secret")
                .withParameter("search_path", "evil"))) {
            assertThat(client.ask("show search_path")).isEqualTo("evil");
        }
    }

    @Test
    void asksOnceForManyLoginsOfRoutesThatShareALookUp() {
        connect("first", "cara", "cara-secret").close();
        server.execute("postgres", "alter role cara password 'newer-secret'");
        for (String database : List.of("first", "second", "first")) {
            // What is remembered still lets in: nobody has asked again.
            connect(database, "cara", "cara-secret").close();
        }
        assertThat(catchThrowableOfType(
                        WireClient.LoginRefused.class,
                        () -> connect("second", "cara", "newer-secret").close()))
                .as("a password is tried again against what the database says now")
                .isNull();
    }

    @Test
    void saysThatTheUsersCannotBeAskedWhenTheirServerIsAway() {
        assertThat(refusal("absent", "ann", "ann-secret")).startsWith("E(FATAL 57P03)");
    }

    @Test
    void isTheClientsOwnRoleAtTheServer() {
        for (String database : List.of("through", "session")) {
            try (WireClient ann = connect(database, "ann", "ann-secret");
                    WireClient bob = connect(database, "bob", "bob-secret")) {
                assertThat(ann.ask("select session_user")).isEqualTo("ann");
                assertThat(bob.ask("select session_user")).isEqualTo("bob");
                assertThat(ann.ask("select session_user")).isEqualTo("ann");
            }
        }
    }

    @Test
    void sharesServersAmongTheSessionsOfARole() {
        try (WireClient first = connect("through", "ann", "ann-secret");
                WireClient second = connect("through", "ann", "ann-secret")) {
            String pid = first.ask("select pg_backend_pid()");
            assertThat(second.ask("select pg_backend_pid()")).isEqualTo(pid);
        }
    }

    @Test
    void takesANewPasswordWhileOldSessionsGoOn() {
        try (WireClient old = connect("through", "changes", "old-secret")) {
            assertThat(old.ask("select session_user")).isEqualTo("changes");
            server.execute("postgres", "alter role changes password 'new-secret'");
            assertThat(old.ask("select session_user")).as("its server stays").isEqualTo("changes");
            // The first attempt shows that what is remembered is too old, and has it looked up again.
            assertThat(refusal("through", "changes", "new-secret")).startsWith("E(FATAL 28P01)");
            Awaitility.await("the new password is known")
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> {
                        try (WireClient renewed = connect("through", "changes", "new-secret")) {
                            renewed.query("begin");
                            assertThat(renewed.ask("select session_user")).isEqualTo("changes");
                            assertThat(old.ask("select session_user")).isEqualTo("changes");
                            renewed.query("rollback");
                        }
                    });
            assertThat(refusal("through", "changes", "old-secret")).startsWith("E(FATAL 28P01)");
        }
    }

    @Test
    void servesTheClientsOwnRoleAgainAfterReconnect() {
        try (WireClient bob = connect("through", "bob", "bob-secret");
                WireClient console = connect("pgbouncer", "admin", "console-secret")) {
            String before = bob.ask("select pg_backend_pid()");
            assertThat(console.query("RECONNECT")).containsExactly("C(RECONNECT)", "Z(I)");
            Awaitility.await("another server")
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> !bob.ask("select pg_backend_pid()").equals(before));
            assertThat(bob.ask("select session_user")).isEqualTo("bob");
            assertThat(console.query("RECONNECT")).containsExactly("C(RECONNECT)", "Z(I)");
            bob.query("begin");
            assertThat(bob.ask("select session_user")).isEqualTo("bob");
            bob.query("commit");
        }
    }

    /** Sessions that are there feel nothing; a new one is in with the new password at its second attempt. */
    @Test
    void aPasswordChangedUnderLoadEndsNoSession() throws Exception {
        server.execute("postgres", "create role busy login password 'busy-0'");
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger transactions = new AtomicInteger();
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        Thread[] sessions = new Thread[6];
        for (int i = 0; i < sessions.length; i++) {
            WireClient client = connect("through", "busy", "busy-0");
            sessions[i] = Thread.ofVirtual().start(() -> {
                try (client) {
                    while (!over.get()) {
                        List<String> answers = client.query("begin; select session_user; commit");
                        if (!answers.contains("D(busy)")) {
                            failures.add(answers.toString());
                            return;
                        }
                        transactions.incrementAndGet();
                    }
                } catch (RuntimeException e) {
                    failures.add(e.toString());
                }
            });
        }
        try {
            for (int change = 1; change <= 3; change++) {
                String password = "busy-" + change;
                int before = transactions.get();
                server.execute("postgres", "alter role busy password '" + password + "'");
                Awaitility.await("the new password is known")
                        .atMost(Duration.ofSeconds(30))
                        .ignoreExceptionsInstanceOf(WireClient.LoginRefused.class)
                        .untilAsserted(() -> {
                            try (WireClient renewed = connect("through", "busy", password)) {
                                assertThat(renewed.ask("select session_user")).isEqualTo("busy");
                            }
                        });
                Awaitility.await("sessions go on")
                        .atMost(Duration.ofSeconds(10))
                        .until(() -> transactions.get() > before + 50);
            }
        } finally {
            over.set(true);
            for (Thread session : sessions) {
                session.join();
            }
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void leavesNoPoolBehindWhenServersAreGone() {
        connect("through", "bob", "bob-secret").close();
        gateway.assertNoClients();
        int sharedLimits = gateway.sharedLimits();
        server.execute("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'bob'");
        Awaitility.await("the pool goes")
                .atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(gateway.poolNames("through")).doesNotContain("bob@orders"));
        Awaitility.await("its limit goes").until(() -> gateway.sharedLimits() < sharedLimits);
    }

    /** CloudNativePG's way: a function in one database, and a role without a password that shows a certificate. */
    @Test
    void looksUpByAClientCertificate() throws Exception {
        Certificates.KeyPairFiles own = Certificates.shared().issueForClient("pooler", "cnpg_pooler_pgbouncer");
        try (PostgresServer cluster = PostgresServers.own()) {
            cluster.execute(
                    "postgres",
                    "create role cnpg_pooler_pgbouncer login",
                    "create role ann login password 'ann-secret'",
                    "create role old login password 'old-secret' valid until '2020-01-01'",
                    "create function public.user_search(uname text) returns table (usename name, passwd text) language sql"
                            + " security definer set search_path = pg_catalog, pg_temp as"
                            + " 'select usename, passwd from pg_catalog.pg_shadow where usename = $1'",
                    "revoke all on function public.user_search(text) from public",
                    "grant execute on function public.user_search(text) to cnpg_pooler_pgbouncer",
                    "alter system set ssl_ca_file = '" + Certificates.shared().caFile() + "'");
            cluster.prependHba("hostssl all cnpg_pooler_pgbouncer 127.0.0.1/32 cert");
            RouteYaml route = RouteYaml.to(cluster, "orders", "orders")
                    .withClientAuth("{authQuery: {preset: cnpg, backend: {hosts: [\"localhost:" + cluster.port()
                            + "\"], tls: {mode: verify-full, caFile: "
                            + Certificates.shared().caFile() + ", certFile: "
                            + own.certificate() + ", keyFile: " + own.key()
                            + "}}, credentials: {static: {user: cnpg_pooler_pgbouncer}}}}")
                    .withCredentials("{passThrough: {}}");
            try (GatewayFixture other = GatewayFixture.start(GatewayYaml.of(route))) {
                try (WireClient client = WireClient.connect(
                        other.address("orders").withUser("ann").withPassword("ann-secret"))) {
                    assertThat(client.ask("select session_user")).isEqualTo("ann");
                }
                assertThat(catchThrowableOfType(
                                WireClient.LoginRefused.class,
                                () -> WireClient.connect(other.address("orders")
                                                .withUser("old")
                                                .withPassword("old-secret"))
                                        .close()))
                        .isNotNull();
                other.assertClean();
            }
        }
    }
}
