package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.Traffic;
import dev.postern.gateway.it.harness.WireClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reload while traffic flows: what did not change does not notice, what changed is used from the next transaction. */
class ReloadIT {
    /** Of its own: who has a session there has it from this gateway. It ends with the JVM. */
    private static final PostgresServer POSTGRES = PostgresServers.own();

    private final GatewayYaml first = GatewayYaml.of(
            RouteYaml.to(POSTGRES, "orders", "orders").withPool("{mode: transaction, defaultPoolSize: 3}"),
            RouteYaml.to(POSTGRES, "billing", "billing").withPool("{mode: transaction, defaultPoolSize: 3}"));
    private GatewayFixture gateway;

    @BeforeEach
    void start() {
        gateway = GatewayFixture.start(first);
    }

    @AfterEach
    void stop() {
        gateway.closeClean();
    }

    @Test
    void keepsServersOfRoutesThatDidNotChange() {
        try (WireClient client = gateway.connect("orders")) {
            String pid = client.ask("select pg_backend_pid()");
            gateway.reload(first.withRoute(RouteYaml.to(POSTGRES, "analytics", "analytics")));
            assertThat(client.ask("select pg_backend_pid()")).isEqualTo(pid);
            try (WireClient added = gateway.connect("analytics")) {
                assertThat(added.ask("select current_database()")).isEqualTo("analytics");
            }
        }
    }

    @Test
    void failsNothingWhileTrafficFlowsThroughManyReloads() {
        RouteYaml orders = first.routes().getFirst();
        try (Traffic traffic =
                Traffic.start(Map.of("orders", 4, "billing", 4), database -> gateway.connect(database))) {
            traffic.awaitTransactions(50);
            for (int i = 0; i < 6; i++) {
                long before = traffic.transactions();
                gateway.reload(first.withRoute(
                        orders.withPool("{mode: transaction, defaultPoolSize: " + (i % 2 == 0 ? 2 : 3) + "}")));
                traffic.awaitTransactions(before + 50);
            }
            assertThat(traffic.failures()).isEmpty();
        }
    }

    @Test
    void movesARouteToAnotherServerAtTheNextTransaction() {
        try (PostgresServer other = PostgresServers.own();
                WireClient client = gateway.connect("orders");
                WireClient busy = gateway.connect("orders")) {
            String oldPort = client.ask("select inet_server_port()");
            busy.query("begin");
            gateway.reload(first.withRoute(RouteYaml.to(other, "orders", "orders")));
            assertThat(busy.ask("select inet_server_port()"))
                    .as("an open transaction ends where it began")
                    .isEqualTo(oldPort);
            assertThat(busy.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
            for (WireClient moved : List.of(client, busy)) {
                assertThat(moved.ask("select inet_server_port()")).isEqualTo(Integer.toString(other.port()));
            }
            Awaitility.await("the old servers are closed")
                    .untilAsserted(
                            () -> assertThat(POSTGRES.sessionPids("orders")).isEmpty());
            // The clients say goodbye before their server goes.
            client.close();
            busy.close();
            gateway.close();
        }
        gateway = GatewayFixture.start(first);
    }

    @Test
    void usesChangedCredentialsAndPasswordsAfterwards() {
        RouteYaml orders = first.routes().getFirst();
        try (WireClient before = gateway.connect("orders")) {
            before.ask("select 1");
            gateway.reload(first.withRoute(orders.withClientAuth("{scram: {users: {app: {password: changed}}}}")
                    .withCredentials("{static: {user: app, password: app-secret}}")));
            WireClient.LoginRefused refused = org.assertj.core.api.Assertions.catchThrowableOfType(
                    WireClient.LoginRefused.class,
                    () -> gateway.connect("orders").close());
            assertThat(refused).isNotNull();
            assertThat(refused.error()).hasToString("E(FATAL 28P01)");
            try (WireClient after = WireClient.connect(gateway.address("orders").withPassword("changed"))) {
                assertThat(after.ask("select current_user")).isEqualTo("app");
            }
            assertThat(before.ask("select current_user")).isEqualTo("app");
        }
    }

    @Test
    void endsIdleClientsOfARemovedRouteAndLetsTransactionsFinish() {
        try (WireClient busy = gateway.connect("billing");
                WireClient orders = gateway.connect("orders")) {
            busy.query("begin");
            gateway.reload(first.withoutRoute("billing"));
            assertThat(busy.ask("select 'still here'")).isEqualTo("still here");
            assertThat(busy.query("commit")).startsWith("C(COMMIT)");
            assertThat(busy.closedWithin(java.time.Duration.ofSeconds(5))).isTrue();
            WireClient.LoginRefused refused = org.assertj.core.api.Assertions.catchThrowableOfType(
                    WireClient.LoginRefused.class,
                    () -> gateway.connect("billing").close());
            assertThat(refused).isNotNull();
            assertThat(refused.error()).hasToString("E(FATAL 28P01)");
            assertThat(orders.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void readsUsersAgainAlsoWhereTheRouteDidNotChange() throws Exception {
        Path folder = TemporaryFolders.create("users");
        Path list = folder.resolve("userlist.txt");
        Path secret = folder.resolve("secret");
        Files.writeString(list, "\"app\" \"app-secret\"\n\"gone\" \"gone-secret\"\n");
        Files.writeString(secret, "old-secret");
        GatewayYaml yaml = GatewayYaml.of(first.routes()
                .getFirst()
                .withClientAuth("{scram: {usersFile: " + list + ", users: {filed: {secretFile: " + secret + "}}}}"));
        try (GatewayFixture listed = GatewayFixture.start(yaml);
                WireClient stays = listed.connect("orders")) {
            ServerAddress gone = listed.address("orders").withUser("gone").withPassword("gone-secret");
            ServerAddress filed = listed.address("orders").withUser("filed");
            stays.ask("select 1");
            WireClient.connect(gone).close();
            WireClient.connect(filed.withPassword("old-secret")).close();
            Files.writeString(list, "\"app\" \"new-secret\"\n");
            Files.writeString(secret, "new-secret");
            listed.reload(yaml);
            for (ServerAddress revoked : List.of(gone, listed.address("orders"), filed.withPassword("old-secret"))) {
                assertThatThrownBy(() -> WireClient.connect(revoked).close())
                        .as(revoked.user())
                        .isInstanceOf(WireClient.LoginRefused.class);
            }
            WireClient.connect(filed.withPassword("new-secret")).close();
            WireClient.connect(listed.address("orders").withPassword("new-secret"))
                    .close();
            assertThat(stays.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void opensThePoolOfALoginThatTheReloadOvertookAsConfiguredNow() {
        try (WireClient slow = WireClient.open(gateway.plainPort())) {
            slow.send(FrontendBytes.startup(
                    FrontendBytes.PROTOCOL_3_0, Map.of("user", "app", "database", "orders"))); // chooses its route
            RouteYaml orders = first.routes().getFirst();
            Awaitility.await("it is asked to authenticate").until(slow::hasAnswer);
            gateway.reload(first.withRoute(orders.withPool("{mode: transaction, defaultPoolSize: 1}")));

            slow.authenticate(gateway.plainAddress("orders"));
            slow.receiveUntilReady();

            assertThat(slow.ask("select 1")).isEqualTo("1");
        }
        try (WireClient later = gateway.connect("orders")) {
            assertThat(later.ask("select 1")).isEqualTo("1");
        }
    }
}
