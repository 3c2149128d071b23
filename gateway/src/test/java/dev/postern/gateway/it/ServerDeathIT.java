package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server that dies: idle clients do not notice, active ones lose their transaction and nothing else. */
class ServerDeathIT {
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
                orders.withPool("{mode: transaction, defaultPoolSize: 3, serverCheckDelay: 0s}"),
                orders.named("unchecked").withPool("{mode: transaction, defaultPoolSize: 2}"),
                orders.named("orders_session").withPool("{mode: session, defaultPoolSize: 5}"),
                orders.named("impatient")
                        .withPool("{mode: transaction, serverConnectTimeout: 1s, queryWaitTimeout: 2s}"),
                RouteYaml.to(PostgresServers.shared(), "billing", "billing")));
    }

    @AfterEach
    void stop() {
        gateway.closeClean();
    }

    private void awaitNoneActive() {
        Awaitility.await().pollInterval(Duration.ofMillis(2)).until(() -> gateway.activeServers() == 0);
    }

    /** Also those that were still being opened. */
    private void terminateAll() {
        Awaitility.await().until(() -> {
            postgres.terminateSessions("orders");
            return postgres.sessions("orders").isEmpty();
        });
    }

    @Test
    void hidesATerminatedIdleServer() {
        for (String database : List.of("orders", "unchecked")) {
            try (WireClient client = gateway.connect(database)) {
                for (int i = 0; i < 5; i++) {
                    assertThat(client.ask("select 'alive'")).isEqualTo("alive");
                    terminateAll();
                    gateway.awaitServers(database, 0);
                }
                assertThat(client.ask("select 'alive'")).isEqualTo("alive");
            }
        }
    }

    @Test
    void tellsAClientWhoseTransactionWasTerminated() {
        try (WireClient client = gateway.connect("orders");
                WireClient other = gateway.connect("orders")) {
            client.query("begin");
            terminateAll();
            // PostgreSQL says the same and hangs up.
            assertThat(client.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
            assertThat(other.ask("select 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void tellsAClientWhoseQueryWasTerminated() {
        try (WireClient client = gateway.connect("orders")) {
            client.send(FrontendBytes.query("select pg_sleep(60)"));
            Awaitility.await()
                    .until(() -> postgres.sessions("orders").stream()
                            .anyMatch(session -> session.state().equals("active")));
            terminateAll();
            assertThat(client.receiveUntilClosed()).map(WireMessage::toString).endsWith("E(FATAL 57P01)");
        }
    }

    @Test
    void endsASessionWithItsServer() {
        try (WireClient client = gateway.connect("orders_session")) {
            client.query("set application_name = 'session state'");
            terminateAll();
            // What the session had set is gone: another server would be silently wrong.
            assertThat(client.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
        }
        try (WireClient client = gateway.connect("orders_session")) {
            assertThat(client.ask("select 'next'")).isEqualTo("next");
        }
    }

    @Test
    void survivesAKilledBackend() {
        try (WireClient victim = gateway.connect("orders");
                WireClient bystander = gateway.connect("orders");
                WireClient idle = gateway.connect("orders")) {
            assertThat(idle.ask("select 1")).isEqualTo("1");
            victim.query("begin");
            bystander.query("begin");
            postgres.killBackend(Integer.parseInt(victim.ask("select pg_backend_pid()")));
            // The backend says nothing; the gateway does. The postmaster ends the others with 57P02.
            assertThat(victim.receiveUntilClosed()).map(WireMessage::sqlState).containsExactly("08006");
            assertThat(bystander.receiveUntilClosed())
                    .last()
                    .extracting(WireMessage::sqlState)
                    .isIn("57P02", "08006");
            assertThat(idle.ask("select 'after recovery'")).isEqualTo("after recovery");
        }
    }

    @Test
    void servesWaitingClientsWithinASecondOfARestart() throws Exception {
        List<WireClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 10; i++) {
                WireClient client = gateway.connect("orders");
                clients.add(client);
                assertThat(client.ask("select " + i)).isEqualTo(Integer.toString(i));
            }
            postgres.stop();
            for (int i = 0; i < clients.size(); i++) {
                clients.get(i).send(FrontendBytes.query("select " + i + " as n"));
            }
            Awaitility.await("all wait").until(() -> gateway.waitingClients() == clients.size());
            // A second in which the gateway finds the port closed, and backs off.
            Awaitility.await().during(Duration.ofSeconds(1)).until(() -> gateway.waitingClients() == clients.size());
            postgres.start();
            long back = System.nanoTime();
            for (int i = 0; i < clients.size(); i++) {
                assertThat(clients.get(i).answers()).containsExactly("T(n:23)", "D(" + i + ")", "C(SELECT 1)", "Z(I)");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - back)).isLessThan(Duration.ofMillis(1500));
        } finally {
            clients.forEach(WireClient::close);
        }
    }

    @Test
    void hidesARestartFromIdleClients() {
        try (WireClient client = gateway.connect("orders")) {
            client.send(FrontendBytes.parse("kept", "select 'kept'"), FrontendBytes.sync());
            assertThat(client.answers()).containsExactly("1", "Z(I)");
            client.query("set TimeZone = 'Asia/Tokyo'");
            awaitNoneActive(); // what was SET is asked for behind the answer: a session that loses its server then ends
            postgres.stop();
            postgres.start();
            client.send(FrontendBytes.bind("", "kept"), FrontendBytes.execute(), FrontendBytes.sync());
            assertThat(client.answers()).containsExactly("2", "D(kept)", "C(SELECT 1)", "Z(I)");
            assertThat(client.ask("show TimeZone")).isEqualTo("Asia/Tokyo");
        }
    }

    /** Servers die while a client's settings are being put on them: none of its own bytes was sent, so it need not know. */
    @Test
    void takesAnotherServerWhenOneDiesBeforeTheClientsFirstByte() {
        try (WireClient client = gateway.connect("unchecked")) {
            client.query("set TimeZone = 'Asia/Tokyo'");
            awaitNoneActive();
            for (int i = 0; i < 20; i++) {
                try (WireClient other = gateway.connect("unchecked")) {
                    other.query("set TimeZone = 'UTC'"); // so that the client's next server has other settings
                }
                awaitNoneActive();
                postgres.sessionPids("orders").forEach(postgres::terminate);
                assertThat(client.ask("show TimeZone")).isEqualTo("Asia/Tokyo");
                awaitNoneActive();
            }
        }
    }

    @Test
    void survivesACrashOfTheWholeServer() {
        try (WireClient active = gateway.connect("orders");
                WireClient idle = gateway.connect("orders")) {
            idle.ask("select 1");
            active.query("begin");
            postgres.killNow();
            List<WireMessage> words = active.receiveUntilClosed();
            assertThat(words).last().hasToString("E(FATAL 08006)");
            // A backend that outlives another by a moment still warns its client of the crash.
            assertThat(words.subList(0, words.size() - 1))
                    .map(WireMessage::sqlState)
                    .allMatch("57P02"::equals);
            postgres.start();
            assertThat(idle.ask("select 'back'")).isEqualTo("back");
        }
    }

    @Test
    void refusesClientsOfAServerThatStaysAwayAndServesOtherRoutes() {
        try (WireClient waiting = gateway.connect("impatient")) {
            postgres.stop();
            waiting.send(FrontendBytes.query("select 1"));
            try (WireClient billing = gateway.connect("billing")) {
                assertThat(billing.ask("select current_database()")).isEqualTo("billing");
            }
            List<WireMessage> messages = waiting.receiveUntilClosed();
            assertThat(messages).last().extracting(WireMessage::sqlState).isIn("08006", "57P03");
            assertThat(messages.getLast().fields().get('M'))
                    .doesNotContain(Integer.toString(postgres.port()), "127.0.0.1", "localhost", "orders_backend");
            postgres.start();
        }
    }

    @Test
    void waitsForAFrozenServerNoLongerThanItsConnectTimeout() {
        postgres.freeze();
        try {
            // The kernel accepts; nobody answers.
            long start = System.nanoTime();
            try (WireClient client = gateway.connect("impatient")) {
                client.send(FrontendBytes.query("select 1"));
                assertThat(client.receiveUntilClosed())
                        .last()
                        .extracting(WireMessage::sqlState)
                        .isIn("08006", "57P03", "53300");
            } catch (WireClient.LoginRefused refused) {
                assertThat(refused.error().sqlState()).isIn("08006", "57P03", "53300");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
        } finally {
            postgres.thaw();
        }
        try (WireClient client = gateway.connect("impatient")) {
            assertThat(client.ask("select 'thawed'")).isEqualTo("thawed");
        }
    }
}
