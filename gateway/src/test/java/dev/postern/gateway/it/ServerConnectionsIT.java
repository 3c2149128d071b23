package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How server connections begin and end beside their clients: connectQuery, minPoolSize, pools that nobody uses. */
class ServerConnectionsIT {
    private static final RouteYaml ORDERS = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
    private GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(ORDERS));

    private void given(RouteYaml... routes) {
        gateway.close();
        gateway = GatewayFixture.start(GatewayYaml.of(routes));
    }

    @AfterEach
    void stop() {
        gateway.closeClean();
    }

    private static RouteYaml connecting(String query) {
        return ORDERS.withBackendDatabase("orders, connectQuery: \"" + query + "\"");
    }

    @Test
    void runsTheConnectQueryOnceForEachServer() {
        given(connecting("select set_config('postern.mark', 'set', false); set work_mem = '1234kB'")
                .withPool("{mode: transaction, defaultPoolSize: 2, serverResetQuery: ''}"));
        try (WireClient one = gateway.connect("orders");
                WireClient two = gateway.connect("orders")) {
            one.query("begin");
            two.query("begin");
            for (WireClient client : new WireClient[] {one, two}) {
                assertThat(client.ask("select current_setting('postern.mark')")).isEqualTo("set");
                assertThat(client.ask("show work_mem")).isEqualTo("1234kB");
                client.query("commit");
            }
        }
    }

    @Test
    void servesClientsThoughTheConnectQueryFails() {
        given(connecting("select no_such_function()"));
        try (WireClient client = gateway.connect("orders")) {
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void aConnectQueryThatTakesTooLongOrLeavesATransactionOpenGivesNoServer() {
        given(
                connecting("select pg_sleep(60)").withPool("{serverConnectTimeout: 1s, queryWaitTimeout: 1s}"),
                connecting("begin").named("open").withPool("{serverConnectTimeout: 1s, queryWaitTimeout: 1s}"));
        for (String database : new String[] {"orders", "open"}) {
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> gateway.connect(database))
                    .isInstanceOfSatisfying(
                            WireClient.LoginRefused.class,
                            refused -> assertThat(refused.error().sqlState()).isEqualTo("08006"));
            assertThat(gateway.servers(database)).isZero();
        }
    }

    @Test
    void keepsMinPoolSizeServersOpenOnceAClientHasCome() {
        given(ORDERS.withPool("{mode: transaction, defaultPoolSize: 5, minPoolSize: 3, serverIdleTimeout: 500ms}"));
        gateway.connect("orders").close();
        gateway.awaitServers("orders", 3);
        try (WireClient one = gateway.connect("orders")) {
            one.query("select pg_terminate_backend(pid) from pg_stat_activity"
                    + " where datname = 'orders' and usename = 'orders_backend' and pid <> pg_backend_pid()");
            gateway.awaitServers("orders", 3); // refilled
        }
    }

    @Test
    void forgetsThePoolsOfDatabasesThatClientsChooseAndNobodyUses() {
        String pool = "{mode: transaction, serverIdleTimeout: 300ms, autodbIdleTimeout: 300ms}";
        RouteYaml any = ORDERS.named("\"*\"").withPool(pool);
        given(
                ORDERS.withPool(pool),
                any.withBackendDatabase("\"$1\""),
                ORDERS.named("\"keeps_*\"")
                        .withBackendDatabase("\"$1\"")
                        .withPool("{mode: transaction, serverIdleTimeout: 300ms}"));
        for (String database : new String[] {"reports", "keeps_orders", "orders"}) {
            try (WireClient client = WireClient.connect(gateway.address(database))) {
                assertThat(client.loginMessages()).isNotEmpty();
            } catch (WireClient.LoginRefused expected) {
                assertThat(database).isEqualTo("reports"); // orders_backend has nothing to do with it
            }
        }
        assertThat(gateway.poolNames("*")).isNotEmpty();
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> gateway.poolNames("*").isEmpty());
        assertThat(gateway.poolNames("keeps_*")).containsExactly("orders"); // autodbIdleTimeout is an hour there
        assertThat(gateway.poolNames("orders")).containsExactly("orders"); // a database that the route lists
        try (WireClient client = gateway.connect("keeps_orders")) {
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }
}
