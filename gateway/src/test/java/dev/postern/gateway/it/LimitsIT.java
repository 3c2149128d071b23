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
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Limits on clients and servers: reached, told of with PgBouncer's words, and free again afterwards. */
class LimitsIT {
    private static final RouteYaml ORDERS = RouteYaml.to(PostgresServers.shared(), "orders", "orders")
            .withClientAuth("{scram: {users: {app: {password: app-secret}, other: {password: other-secret}}}}");
    private static final RouteYaml BILLING = RouteYaml.to(PostgresServers.shared(), "billing", "billing");

    private GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(ORDERS, BILLING));

    private void given(GatewayYaml yaml) {
        gateway.close();
        gateway = GatewayFixture.start(yaml);
    }

    @AfterEach
    void stop() {
        gateway.closeClean();
    }

    private void assertRefused(ServerAddress address, String limit) {
        assertThatThrownBy(() -> WireClient.connect(address))
                .isInstanceOfSatisfying(WireClient.LoginRefused.class, refused -> {
                    assertThat(refused.error().sqlState()).isEqualTo("53300");
                    assertThat(refused.error().fields())
                            .containsEntry('V', "FATAL")
                            .containsEntry('M', "no more connections allowed (" + limit + ")");
                });
    }

    /** A client that has gone frees its place as soon as the gateway has seen it go. */
    private void assertServedSoon(ServerAddress address) {
        Awaitility.await()
                .ignoreExceptionsInstanceOf(WireClient.LoginRefused.class)
                .until(() -> {
                    try (WireClient client = WireClient.connect(address)) {
                        return client.ask("select 1").equals("1");
                    }
                });
    }

    @Test
    void refusesClientsAboveMaxClientConn() {
        given(GatewayYaml.of(ORDERS, BILLING).withLimits("{maxClientConn: 3}"));
        ServerAddress orders = gateway.address("orders");
        try (WireClient first = WireClient.connect(orders);
                WireClient second = gateway.connect("billing");
                WireClient silent = WireClient.open(gateway.tlsPort())) {
            silent.startTls(orders.tls().orElseThrow()); // one that says nothing takes no place
            try (WireClient third = WireClient.connect(orders)) {
                assertThat(third.ask("select 1")).isEqualTo("1");
                // A wrong password is not even asked for.
                assertRefused(orders, "max_client_conn");
                assertRefused(orders.withPassword("wrong"), "max_client_conn");
                assertRefused(orders.withDatabase("nowhere"), "max_client_conn");
            }
            assertThat(first.ask("select 1")).isEqualTo("1");
            first.send(FrontendBytes.query("select pg_sleep(60)"));
            Awaitility.await().until(() -> gateway.activeServers() == 1);
            first.cancel(); // a cancel request is no client
            assertThat(first.answers()).endsWith("E(ERROR 57014)", "Z(I)");
            second.query("select 1");
        }
        assertServedSoon(orders);
    }

    @Test
    void whoeverSaysNothingMakesRoomForWhoeverLogsIn() throws Exception {
        given(GatewayYaml.of(ORDERS).withLimits("{maxConnBeforeLogin: 3}"));
        ServerAddress orders = gateway.address("orders");
        List<WireClient> silent = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            silent.add(WireClient.open(gateway.tlsPort()));
        }
        Thread.sleep(1100); // the time that each of them has for itself
        try (WireClient client = WireClient.connect(orders)) {
            assertThat(client.ask("select 1")).isEqualTo("1");
            assertThat(silent.getFirst().receiveUntilClosed())
                    .extracting(Object::toString)
                    .containsExactly("E(FATAL 53300)");
            for (int i = 0; i < 10; i++) {
                WireClient.connect(orders).close();
            }
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
        silent.forEach(WireClient::close);
    }

    @Test
    void countsFailedLoginsNoLonger() {
        given(GatewayYaml.of(ORDERS).withLimits("{maxClientConn: 2, maxUserClientConnections: 1}"));
        ServerAddress orders = gateway.address("orders");
        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(() -> WireClient.connect(orders.withPassword("wrong")))
                    .isInstanceOfSatisfying(
                            WireClient.LoginRefused.class,
                            refused -> assertThat(refused.error().sqlState()).isEqualTo("28P01"));
            gateway.assertNoClients();
        }
        try (WireClient client = WireClient.connect(orders)) {
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void refusesClientsOfARouteAndOfADatabase() {
        given(GatewayYaml.of(ORDERS, BILLING).withLimits("{maxClientConnPerRoute: 1}"));
        try (WireClient client = gateway.connect("orders");
                WireClient billing = gateway.connect("billing")) {
            assertRefused(gateway.address("orders"), "max_route_client_connections");
            assertThat(client.ask("select 1")).isEqualTo("1");
            assertThat(billing.ask("select 1")).isEqualTo("1");
        }
        assertServedSoon(gateway.address("orders"));

        given(GatewayYaml.of(ORDERS, BILLING).withLimits("{maxDbClientConnections: 1}"));
        try (WireClient client = gateway.connect("orders");
                WireClient billing = gateway.connect("billing")) {
            assertRefused(gateway.address("orders"), "max_db_client_connections");
            assertThat(client.ask("select 1")).isEqualTo(billing.ask("select 1"));
        }
        assertServedSoon(gateway.address("orders"));
    }

    @Test
    void refusesClientsOfAUser() {
        given(GatewayYaml.of(ORDERS, BILLING).withLimits("{maxUserClientConnections: 1}"));
        ServerAddress other = gateway.address("orders").withUser("other").withPassword("other-secret");
        try (WireClient client = gateway.connect("orders");
                WireClient another = WireClient.connect(other)) {
            assertRefused(gateway.address("billing"), "max_user_client_connections");
            assertRefused(other, "max_user_client_connections");
            assertThat(client.ask("select 1")).isEqualTo(another.ask("select 1"));
        }
        assertServedSoon(gateway.address("billing"));
        // Raised by a reload, without a client noticing.
        try (WireClient client = gateway.connect("orders")) {
            gateway.reload(GatewayYaml.of(ORDERS, BILLING)
                    .withLimits("{maxUserClientConnections: 2}")
                    .onPortsOf(gateway.yaml()));
            try (WireClient second = gateway.connect("billing")) {
                assertThat(client.ask("select 1")).isEqualTo(second.ask("select 1"));
                assertRefused(gateway.address("billing"), "max_user_client_connections");
            }
        }
    }

    @Test
    void aRouteHasLimitsOfItsOwn() {
        given(GatewayYaml.of(
                        ORDERS.withMore("limits: {maxDbClientConnections: 2}"),
                        BILLING,
                        ORDERS.named("many").withMore("limits: {maxClientConnPerRoute: 0}"))
                .withLimits("{maxClientConnPerRoute: 3, maxDbClientConnections: 1}"));
        try (WireClient one = gateway.connect("orders");
                WireClient two = gateway.connect("orders");
                WireClient billing = gateway.connect("billing");
                WireClient many = gateway.connect("many")) {
            assertRefused(gateway.address("orders"), "max_db_client_connections");
            assertRefused(gateway.address("billing"), "max_db_client_connections");
            assertRefused(gateway.address("many"), "max_db_client_connections");
            assertThat(one.ask("select 1")).isEqualTo(two.ask("select 1"));
            assertThat(billing.ask("select 1")).isEqualTo(many.ask("select 1"));
        }
        assertServedSoon(gateway.address("billing"));
    }

    @Test
    void aUserHasLimitsOfItsOwn() {
        given(GatewayYaml.of(ORDERS.withMore("users: {other: {maxUserClientConnections: 1}}"), BILLING)
                .withLimits("{maxUserClientConnections: 3}")
                .withMore("users: {app: {maxUserClientConnections: 1}}\n"));
        ServerAddress other = gateway.address("orders").withUser("other").withPassword("other-secret");
        try (WireClient app = gateway.connect("billing");
                WireClient another = WireClient.connect(other)) {
            assertRefused(gateway.address("orders"), "max_user_client_connections");
            assertRefused(other, "max_user_client_connections");
            assertThat(app.ask("select 1")).isEqualTo(another.ask("select 1"));
        }
        assertServedSoon(gateway.address("orders"));
        assertServedSoon(other);
    }

    @Test
    void aServerRoleHasAPoolSizeAndModeOfItsOwn() {
        given(GatewayYaml.of(
                        ORDERS.withPool("{mode: transaction, defaultPoolSize: 10}"),
                        ORDERS.named("again").withMore("users: {orders_backend: {poolSize: 2, poolMode: session}}"))
                .withMore("users: {orders_backend: {poolSize: 1}}\n"));
        try (WireClient first = gateway.connect("orders");
                WireClient second = gateway.connect("orders");
                WireClient session = gateway.connect("again");
                WireClient another = gateway.connect("again")) {
            first.query("begin");
            second.send(FrontendBytes.query("select 'waited'"));
            Awaitility.await().until(() -> gateway.waitingClients() == 1);
            first.query("commit");
            assertThat(second.answers()).contains("D(waited)");
            assertThat(gateway.servers("orders")).isOne();
            session.query("create temporary table kept (i int)");
            another.query("select 1");
            assertThat(gateway.activeServers()).isEqualTo(2); // in session mode both keep theirs
            assertThat(session.query("insert into kept values (1)")).contains("C(INSERT 0 1)");
        }
    }

    @Test
    void theConsoleIsCountedApart() {
        given(GatewayYaml.of(ORDERS)
                .withLimits("{maxClientConn: 1, maxUserClientConnections: 1}")
                .withMore(
                        "admin: {consoleUsers: [app], clientAuth: {scram: {users: {app: {password: app-secret}}}}}\n"));
        try (WireClient client = gateway.connect("orders");
                WireClient console = WireClient.connect(gateway.address("pgbouncer"));
                WireClient another = WireClient.connect(gateway.address("pgbouncer"))) {
            assertRefused(gateway.address("orders"), "max_client_conn");
            assertThat(console.query("show version")).contains("C(SHOW)");
            assertThat(another.query("show version")).contains("C(SHOW)");
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void keepsWithinMaxDbConnections() {
        String pool = "{mode: transaction, defaultPoolSize: 10, maxDbConnections: 2}";
        given(GatewayYaml.of(ORDERS.withPool(pool)));
        List<WireClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 5; i++) {
                clients.add(gateway.connect("orders"));
            }
            clients.forEach(client -> client.send(FrontendBytes.query("select pg_sleep(1)")));
            Awaitility.await().until(() -> gateway.waitingClients() == 3);
            assertThat(gateway.servers("orders")).isEqualTo(2);
            for (WireClient client : clients) {
                assertThat(client.answers()).endsWith("C(SELECT 1)", "Z(I)");
            }
            assertThat(gateway.servers("orders")).isEqualTo(2);
        } finally {
            clients.forEach(WireClient::close);
        }
    }

    @Test
    void evictsAnIdleServerOfTheSameRoleUnderMaxUserConnections() {
        // Two routes, hence two pools on two event loops, that log in to the servers as the same role.
        String pool = "{mode: transaction, defaultPoolSize: 10, maxUserConnections: 1}";
        given(GatewayYaml.of(ORDERS.withPool(pool), ORDERS.named("again").withPool(pool)));
        try (WireClient first = gateway.connect("orders");
                WireClient second = gateway.connect("again")) {
            for (int i = 0; i < 5; i++) {
                assertThat(first.ask("select 'first'")).isEqualTo("first");
                assertThat(second.ask("select 'second'")).isEqualTo("second");
                assertThat(gateway.servers("orders") + gateway.servers("again")).isOne();
            }
            // A server in use is nobody's to evict: its transaction ends first.
            first.query("begin");
            second.send(FrontendBytes.query("select 'waits'"));
            Awaitility.await().until(() -> gateway.waitingClients() == 1);
            assertThat(first.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
            assertThat(second.answers()).contains("D(waits)");
        }
    }
}
