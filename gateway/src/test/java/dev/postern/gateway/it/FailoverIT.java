package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.it.harness.FakeServer;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** A primary and its streaming standby behind one route: who is served by which, and what a failover costs. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FailoverIT {
    private static final String PORT = "select inet_server_port()";

    private static PostgresServer first;
    private static PostgresServer second;
    private @Nullable GatewayFixture started;

    @BeforeAll
    static void startServers() {
        first = PostgresServers.own();
        second = first.startStandby();
    }

    @AfterAll
    static void stopServers() {
        second.close();
        first.close();
    }

    @AfterEach
    void stop() {
        if (started != null) {
            try {
                started.assertClean();
            } finally {
                started.close();
            }
        }
    }

    private static RouteYaml orders(String hosts, String attrs, String more) {
        return RouteYaml.to(first, attrs.replace('-', '_'), "orders")
                .withHosts(hosts + ", targetSessionAttrs: " + attrs + more)
                .withPool("{mode: transaction, defaultPoolSize: 3, serverConnectTimeout: 4s, queryWaitTimeout: 20s}");
    }

    private static String both(PostgresServer a, PostgresServer b) {
        return "[\"localhost:" + a.port() + "\", \"localhost:" + b.port() + "\"]";
    }

    private GatewayFixture gateway() {
        return Objects.requireNonNull(started);
    }

    private void given(RouteYaml... routes) {
        started = GatewayFixture.start(GatewayYaml.of(routes));
    }

    private String portOf(String database) {
        try (WireClient client = gateway().connect(database)) {
            return client.ask(PORT);
        }
    }

    private static String port(PostgresServer server) {
        return Integer.toString(server.port());
    }

    @Test
    @Order(1)
    void servesFromTheKindOfServerThatIsWanted() {
        String standbyFirst = both(second, first);
        given(
                orders(standbyFirst, "any", ""),
                orders(standbyFirst, "read-write", ""),
                orders(standbyFirst, "primary", ""),
                orders(both(first, second), "read-only", ""),
                orders(both(first, second), "standby", ""),
                orders(both(first, second), "prefer-standby", ""),
                orders("[\"localhost:" + first.port() + "\"]", "prefer-standby", "")
                        .named("lonely"),
                orders("[\"localhost:" + first.port() + "\"]", "standby", "").named("hopeless"));
        assertThat(portOf("any")).isEqualTo(port(second));
        assertThat(portOf("read_write")).isEqualTo(port(first));
        assertThat(portOf("primary")).isEqualTo(port(first));
        assertThat(portOf("read_only")).isEqualTo(port(second));
        assertThat(portOf("standby")).isEqualTo(port(second));
        assertThat(portOf("prefer_standby")).isEqualTo(port(second));
        assertThat(portOf("lonely")).isEqualTo(port(first));
        assertThatThrownBy(() -> gateway().connect("hopeless"))
                .isInstanceOfSatisfying(
                        WireClient.LoginRefused.class,
                        refused -> assertThat(refused.error().fields())
                                .containsEntry('C', "57P03")
                                .containsEntry(
                                        'M', "no database server with the target session attributes is available now"));
    }

    @Test
    @Order(1)
    void readOnlyTakesAPrimaryThatIsReadOnlyByDefault() {
        first.execute("postgres", "alter database orders set default_transaction_read_only = on");
        try {
            given(
                    orders(both(first, second), "read-only", ""),
                    orders("[\"localhost:" + first.port() + "\"]", "primary", ""));
            assertThat(portOf("read_only")).isEqualTo(port(first));
            assertThat(portOf("primary")).isEqualTo(port(first));
        } finally {
            first.execute("postgres", "alter database orders reset default_transaction_read_only");
            second.awaitCaughtUpWith(first);
        }
    }

    @Test
    @Order(1)
    void spreadsConnectionsOverHosts() {
        given(
                orders(both(first, second), "any", ", loadBalanceHosts: random").named("random"),
                orders(both(first, second), "any", ", loadBalanceHosts: round-robin")
                        .named("turns"));
        for (String database : new String[] {"random", "turns"}) {
            Set<String> ports = new HashSet<>();
            Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> {
                try (WireClient one = gateway().connect(database);
                        WireClient two = gateway().connect(database)) {
                    one.query("begin");
                    two.query("begin");
                    ports.add(one.ask(PORT));
                    ports.add(two.ask(PORT));
                }
                first.terminateSessions("orders");
                second.terminateSessions("orders");
                return ports.size() == 2;
            });
        }
    }

    @Test
    @Order(1)
    void aClientsReadOnlyTransactionCostsNoServer() {
        given(orders(both(first, second), "read-write", ""));
        try (WireClient client = gateway().connect("read_write")) {
            String pid = client.ask("select pg_backend_pid()");
            client.query("begin read only");
            assertThat(client.query("create table t (i int)")).contains("E(ERROR 25006)");
            client.query("rollback");
            assertThat(client.ask("select pg_backend_pid()")).isEqualTo(pid);
        }
    }

    @Test
    @Order(1)
    void asksAServerThatDoesNotSayWhatItIs() {
        // Before PostgreSQL 14 the login does not tell.
        try (FakeServer standby = FakeServer.start(session -> answers(session, "f"));
                FakeServer primary = FakeServer.start(session -> answers(session, "t"))) {
            given(orders("[\"" + standby.address() + "\", \"" + primary.address() + "\"]", "read-write", "")
                    .withBackendTls("{mode: disable}"));
            try (WireClient client = gateway().connect("read_write")) {
                assertThat(client.query("select 'which'")).contains("C(t)");
            }
            assertThat(standby.accepted()).isOne();
            Awaitility.await().until(() -> standby.open() == 0);
            assertThat(primary.open()).isOne();
        }
    }

    private static void answers(FakeServer.Session session, String row) throws java.io.IOException {
        session.welcome();
        for (var message = session.receive(); message.isPresent(); message = session.receive()) {
            WireMessage query = message.get();
            if (query.type() != 'Q') {
                return;
            }
            byte[] value = FrontendBytes.concat(
                    new byte[] {0, 1},
                    FrontendBytes.int32(row.length()),
                    row.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            session.send(
                    FrontendBytes.message('D', value),
                    FakeServer.Session.commandComplete(row),
                    FakeServer.Session.readyForQuery('I'));
        }
    }

    @Test
    @Order(2)
    void doesNotWaitTwiceForAHostThatDoesNotAnswer() {
        given(orders(both(first, second), "any", ""));
        first.freeze();
        try (WireClient client = gateway().connect("any");
                WireClient other = gateway().connect("any")) {
            client.query("begin");
            long before = System.nanoTime();
            assertThat(other.ask(PORT)).isEqualTo(port(second)); // a second server, by a new connection
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(1));
            client.query("rollback");
        } finally {
            first.thaw();
        }
    }

    @Test
    @Order(3)
    void followsAPromotion() {
        String standbyFirst = both(second, first);
        given(
                orders(standbyFirst, "read-write", ""),
                orders(standbyFirst, "standby", ""),
                orders(standbyFirst, "any", ""));
        try (WireClient writer = gateway().connect("read_write");
                WireClient active = gateway().connect("read_write");
                WireClient reader = gateway().connect("standby");
                WireClient any = gateway().connect("any")) {
            assertThat(writer.ask(PORT)).isEqualTo(port(first));
            assertThat(reader.ask(PORT)).isEqualTo(port(second));
            assertThat(any.ask(PORT)).isEqualTo(port(second));
            assertThat(any.parameterStatus("in_hot_standby")).isEqualTo("on");
            active.query("begin");
            second.awaitCaughtUpWith(first);

            first.stop();
            assertThat(active.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
            writer.send(FrontendBytes.query(PORT)); // waits through the failover
            Awaitility.await().until(() -> gateway().waitingClients() == 1);
            second.promote();
            assertThat(writer.answers()).contains("D(" + second.port() + ")");
            assertThat(writer.query("create table failover (i int)")).contains("C(CREATE TABLE)");

            // The old primary comes back as the standby, and each goes where it belongs.
            first.startAsStandbyOf(second);
            first.awaitCaughtUpWith(second);
            reader.query("select 1"); // the last one of the old standby, which says that it is none any more
            assertThat(reader.ask(PORT)).isEqualTo(port(first));
            assertThat(writer.ask(PORT)).isEqualTo(port(second));
            assertThat(any.ask("select 1")).isEqualTo("1");
            try (WireClient late = gateway().connect("any")) {
                assertThat(late.parameterStatus("in_hot_standby")).isEqualTo("off");
            }
        }
    }
}
