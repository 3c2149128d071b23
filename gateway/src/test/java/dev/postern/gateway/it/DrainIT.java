package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.Traffic;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Drain: no transaction fails that could have finished, and nobody new is let in. */
class DrainIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Of its own: who has a session there has it from this gateway. */
    private static PostgresServer postgres;

    private GatewayFixture gateway;

    @BeforeAll
    static void startServer() {
        postgres = PostgresServers.own();
    }

    @AfterAll
    static void stopServer() {
        postgres.close();
    }

    @BeforeEach
    void start() {
        RouteYaml orders = RouteYaml.to(postgres, "orders", "orders");
        gateway = GatewayFixture.start(GatewayYaml.of(
                orders.withPool("{mode: transaction, defaultPoolSize: 3}"),
                orders.named("orders_session").withPool("{mode: session, defaultPoolSize: 5}")));
    }

    @AfterEach
    void stop() {
        gateway.close();
        Awaitility.await("no server connection is left")
                .untilAsserted(() -> assertThat(postgres.sessionPids("orders")).isEmpty());
    }

    @Test
    void failsNoTransactionWhileTrafficFlows() throws Exception {
        try (Traffic traffic =
                Traffic.start(Map.of("orders", 8, "orders_session", 3), database -> gateway.connect(database))) {
            traffic.awaitTransactions(100);
            gateway.drain(LIMIT).get(20, TimeUnit.SECONDS);
            traffic.awaitEnd();
            assertThat(traffic.failures()).isEmpty();
        }
    }

    @Test
    void endsIdleClientsAtOnceAndLetsATransactionFinish() throws Exception {
        String table = Names.unique("drained");
        try (WireClient busy = gateway.connect("orders");
                WireClient idle = gateway.connect("orders")) {
            busy.query("create table " + table + " (n int)");
            busy.query("begin; insert into " + table + " values (1)");
            CompletableFuture<Void> drained = gateway.drain(LIMIT);
            assertThat(idle.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
            assertThat(drained).isNotDone();
            assertThat(busy.query("insert into " + table + " values (2)")).containsExactly("C(INSERT 0 1)", "Z(T)");
            busy.send(FrontendBytes.query("commit"));
            assertThat(busy.receiveUntilClosed())
                    .map(WireMessage::toString)
                    .startsWith("C(COMMIT)")
                    .endsWith("E(FATAL 57P01)");
            drained.get(5, TimeUnit.SECONDS);
        }
        assertThat(postgres.ask("orders", "select count(*) from " + table)).isEqualTo("2");
        postgres.execute("orders", "drop table " + table);
    }

    @Test
    void finishesAQueryThatRuns() throws Exception {
        try (WireClient busy = gateway.connect("orders")) {
            busy.send(FrontendBytes.query("select 'finished' as n from pg_sleep(1)"));
            Awaitility.await()
                    .until(() -> postgres.sessions("orders").stream()
                            .anyMatch(session -> session.state().equals("active")));
            CompletableFuture<Void> drained = gateway.drain(LIMIT);
            assertThat(busy.receiveUntilClosed())
                    .map(WireMessage::toString)
                    .startsWith("T(n:25)", "D(finished)", "C(SELECT 1)");
            drained.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void servesWaitersBeforeItEnds() throws Exception {
        try (WireClient one = gateway.connect("orders");
                WireClient two = gateway.connect("orders");
                WireClient three = gateway.connect("orders");
                WireClient waiter = gateway.connect("orders")) {
            one.query("begin");
            two.query("begin");
            three.query("begin");
            waiter.send(FrontendBytes.query("select 'served' as n"));
            Awaitility.await().until(() -> gateway.waitingClients() == 1);
            CompletableFuture<Void> drained = gateway.drain(LIMIT);
            one.send(FrontendBytes.query("commit"));
            assertThat(waiter.receiveUntilClosed()).map(WireMessage::toString).startsWith("T(n:25)", "D(served)");
            two.send(FrontendBytes.query("commit"));
            three.send(FrontendBytes.query("commit"));
            drained.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void cutsWhatDoesNotFinishWithinTheLimit() throws Exception {
        try (WireClient busy = gateway.connect("orders")) {
            busy.query("begin");
            long start = System.nanoTime();
            gateway.drain(Duration.ofMillis(500)).get(5, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(400));
            assertThat(busy.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
        }
    }

    @Test
    void letsNobodyNewIn() throws Exception {
        try (WireClient busy = gateway.connect("orders")) {
            busy.query("begin");
            CompletableFuture<Void> drained = gateway.drain(LIMIT);
            Throwable refused = org.assertj.core.api.Assertions.catchThrowable(
                    () -> gateway.connect("orders").close());
            assertThat(refused).as("a new client").isNotNull();
            if (refused instanceof WireClient.LoginRefused login) {
                assertThat(login.error().sqlState()).isIn("57P01", "57P03");
            }
            busy.query("select 1");
            busy.send(FrontendBytes.query("rollback"));
            drained.get(5, TimeUnit.SECONDS);
        }
    }
}
