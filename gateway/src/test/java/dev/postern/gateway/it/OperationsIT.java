package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** PgBouncer's test_operations, as far as ConsoleIT and ServerDeathIT do not have it: also for pools of clients' own roles. */
class OperationsIT {
    private static final String POOL = "{mode: transaction, defaultPoolSize: 1, queryWaitTimeout: 10s}";
    private static final String PID = "select pg_backend_pid()";

    private GatewayFixture gateway;
    private WireClient console;

    @BeforeEach
    void start() {
        RouteYaml orders = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
        String verifier = PostgresServers.shared()
                .ask("postgres", "select rolpassword from pg_authid where rolname = 'orders_backend'");
        gateway = GatewayFixture.start(
                GatewayYaml.of(
                                orders.withPool(POOL),
                                orders.named("own")
                                        .withClientAuth(
                                                "{scram: {users: {orders_backend: {verifier: \"" + verifier + "\"}}}}")
                                        .withCredentials("{passThrough: {}}")
                                        .withPool(POOL),
                                orders.named("fast")
                                        .withPool("{mode: session, defaultPoolSize: 2, serverFastClose: true}"),
                                orders.named("slow")
                                        .withPool("{mode: session, defaultPoolSize: 2}")
                                        .withMore("limits: {maxDbClientConnections: 9}"),
                                orders.named("always")
                                        .withPool(
                                                "{mode: transaction, defaultPoolSize: 1, serverResetQueryAlways: true}"))
                        .withMore(
                                "admin: {consoleUsers: [app], clientAuth: {scram: {users: {app: {password: app-secret}}}}}\n"
                                        + "users: {app: {maxUserClientConnections: 30}, billing_backend: {poolSize: 7, reservePoolSize: 2}}\n"));
        console = WireClient.connect(gateway.address("pgbouncer"));
    }

    @AfterEach
    void stop() {
        try {
            console.close();
            gateway.assertClean();
        } finally {
            gateway.close();
        }
    }

    private ServerAddress own() {
        return gateway.address("own").withUser("orders_backend").withPassword("orders-backend-secret");
    }

    private void command(String command) {
        assertThat(console.query(command)).as(command).endsWith("C(" + command.split(" ")[0] + ")", "Z(I)");
    }

    private void awaitWaiting(int clients) {
        Awaitility.await(clients + " waiting").until(() -> gateway.waitingClients() == clients);
    }

    private static List<String> lastWords(WireClient client) {
        return client.receiveUntilClosed().stream().map(WireMessage::toString).toList();
    }

    @Test
    void showsWhatIsDifferentForOneUserAndOneRoute() {
        assertThat(console.query("SHOW USERS"))
                .contains("D(billing_backend,        7,        2,null,0,0,0,0)", "D(app,,,null,0,0,30,0)");
        assertThat(console.query("SHOW DATABASES"))
                .anyMatch(row -> row.startsWith("D(slow,localhost,") && row.contains(",null,0,0,9,0,"));
    }

    @Test
    void pausesPoolsOfClientsOwnRoles() {
        try (WireClient client = WireClient.connect(own())) {
            String before = client.ask(PID);
            command("PAUSE own");
            gateway.awaitServers("own", 0);
            client.send(FrontendBytes.query(PID));
            awaitWaiting(1);
            command("RESUME own");
            assertThat(client.answers())
                    .noneMatch(("D(" + before + ")")::equals)
                    .anyMatch(row -> row.startsWith("D("));
        }
    }

    @Test
    void aPoolThatBeginsWhileItsDatabaseIsPausedIsPaused() {
        command("PAUSE own");
        WireClient early = WireClient.open(gateway.tlsPort());
        Thread login = Thread.startVirtualThread(() -> early.login(own()));
        try {
            awaitWaiting(1);
            assertThat(gateway.servers("own")).isZero();
            command("RESUME own");
            login.join();
            assertThat(early.ask("select 1")).isEqualTo("1");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            early.close();
        }
    }

    @Test
    void reconnectsPoolsOfClientsOwnRoles() {
        try (WireClient client = WireClient.connect(own())) {
            String before = client.ask(PID);
            client.query("begin");
            command("RECONNECT own");
            assertThat(client.ask(PID)).isEqualTo(before); // its transaction goes on
            client.query("commit");
            assertThat(client.ask(PID)).isNotEqualTo(before);
        }
    }

    @Test
    void killsClientsOfTheirOwnRoles() {
        try (WireClient client = WireClient.connect(own());
                WireClient other = gateway.connect("orders")) {
            client.query("begin");
            command("KILL own");
            assertThat(lastWords(client)).containsExactly("E(FATAL 57P01)");
            gateway.awaitServers("own", 0);
            assertThat(other.ask("select 'undisturbed'")).isEqualTo("undisturbed");
            command("RESUME own");
        }
        try (WireClient client = WireClient.connect(own())) {
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void disablesDatabasesOfClientsOwnRoles() {
        try (WireClient client = WireClient.connect(own())) {
            command("DISABLE own");
            assertThatThrownBy(() -> WireClient.connect(own()))
                    .isInstanceOfSatisfying(
                            WireClient.LoginRefused.class,
                            refused -> assertThat(refused.error().sqlState()).isEqualTo("55000"));
            assertThat(client.ask("select 'goes on'")).isEqualTo("goes on");
            command("ENABLE own");
        }
        WireClient.connect(own()).close();
    }

    @Test
    void aCancelGetsThroughWhileThePoolIsFullAndClientsWait() {
        List<WireClient> waiting = new ArrayList<>();
        try (WireClient holder = gateway.connect("orders")) {
            holder.send(FrontendBytes.query("select pg_sleep(60)"));
            Awaitility.await().until(() -> gateway.activeServers() == 1);
            for (int i = 0; i < 5; i++) {
                waiting.add(gateway.connect("orders"));
                waiting.getLast().send(FrontendBytes.query("select 'not hit'"));
            }
            awaitWaiting(5);
            holder.cancel();
            assertThat(holder.answers()).endsWith("E(ERROR 57014)", "Z(I)");
            for (WireClient client : waiting) {
                assertThat(client.answers()).contains("D(not hit)");
            }
        } finally {
            waiting.forEach(WireClient::close);
        }
    }

    @Test
    void serverFastCloseEndsSessionsWhoseServerIsToBeReplaced() {
        try (WireClient idle = gateway.connect("fast");
                WireClient busy = gateway.connect("fast");
                WireClient slow = gateway.connect("slow")) {
            idle.query("select 1");
            busy.query("begin");
            String kept = slow.ask(PID);
            command("RECONNECT");
            assertThat(lastWords(idle)).containsExactly("E(FATAL 57P01)");
            assertThat(busy.ask("select 'in its transaction'")).isEqualTo("in its transaction");
            busy.send(FrontendBytes.query("commit"));
            assertThat(busy.answers()).containsExactly("C(COMMIT)", "Z(I)");
            assertThat(lastWords(busy)).containsExactly("E(FATAL 57P01)");
            assertThat(slow.ask(PID)).isEqualTo(kept); // without it a session keeps its server
        }
    }

    @Test
    void serverResetQueryAlwaysCleansAfterEachTransaction() {
        // Neither the text nor the tag of its call tells of the table: nothing is pinned or refused.
        PostgresServers.shared()
                .execute(
                        "orders",
                        "create or replace function leaves_a_table() returns void language plpgsql as"
                                + " $$ begin create temporary table left_there (i int); end $$");
        try (WireClient client = gateway.connect("always");
                WireClient other = gateway.connect("orders")) {
            client.query("select leaves_a_table()");
            assertThat(client.query("select * from left_there")).contains("E(ERROR 42P01)");
            other.query("select leaves_a_table()");
            assertThat(other.query("select * from left_there")).contains("C(SELECT 0)");
            client.query("set work_mem = '1234kB'");
            assertThat(client.ask("show work_mem")).isEqualTo("1234kB"); // the client's own all the same
        }
    }

    @Test
    void aReloadMovesARouteToAnotherDatabase() {
        try (WireClient client = gateway.connect("orders");
                WireClient busy = gateway.connect("slow")) {
            assertThat(client.ask("select current_database()")).isEqualTo("orders");
            busy.query("begin");
            List<RouteYaml> routes = gateway.yaml().routes();
            gateway.reload(gateway.yaml()
                    .withRoute(routes.getFirst().withBackendDatabase("postgres"))
                    .withRoute(routes.stream()
                            .filter(route -> route.name().equals("slow"))
                            .findFirst()
                            .orElseThrow()
                            .withBackendDatabase("postgres")));
            assertThat(busy.ask("select current_database()")).isEqualTo("orders"); // its transaction goes on
            Awaitility.await()
                    .atMost(Duration.ofSeconds(5))
                    .until(() -> client.ask("select current_database()").equals("postgres"));
            assertThat(gateway.poolNames("orders")).containsExactly("postgres");
            busy.query("rollback");
            try (WireClient next = gateway.connect("orders")) {
                assertThat(next.ask("select current_database()")).isEqualTo("postgres");
            }
        }
    }
}
