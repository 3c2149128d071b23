package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FakeServer;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Cancel requests as servers see them. */
class ServerCancelIT {
    private static final int CANCEL = 80877102;

    /** Its first connection is a server that works on a query until the second one has brought a cancel request. */
    private static final class CancelledServer {
        private final SSLContext tls =
                Certificates.shared().issueForLocalhost("cancelled").serverContext();
        private final AtomicInteger connections = new AtomicInteger();
        private final CountDownLatch working = new CountDownLatch(1);
        private final BlockingQueue<ByteBuffer> requests = new LinkedBlockingQueue<>();

        void serve(FakeServer.Session session) throws IOException {
            boolean first = connections.incrementAndGet() == 1;
            session.acceptTls(tls);
            if (first) {
                work(session.welcome());
            } else {
                requests.add(ByteBuffer.wrap(session.receiveStartup()));
            }
        }

        private void work(FakeServer.Session session) throws IOException {
            session.receive();
            working.countDown();
            try {
                while (requests.isEmpty()) {
                    Thread.sleep(5);
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            session.send(
                    FakeServer.Session.errorResponse("SERROR", "VERROR", "C57014", "Mcanceled"),
                    FakeServer.Session.readyForQuery('I'));
            session.ignoreEverything();
        }
    }

    @Test
    void comesInsideTlsToAServerThatUsesIt() throws Exception {
        CancelledServer cancelled = new CancelledServer();
        try (FakeServer server = FakeServer.start(cancelled::serve);
                GatewayFixture gateway = GatewayFixture.start(
                        GatewayYaml.of(RouteYaml.to(PostgresServers.shared(), "cancelled", "orders")
                                .withHosts("[\"localhost:" + server.port() + "\"]")));
                WireClient client = gateway.connect("cancelled")) {
            client.send(FrontendBytes.query("select pg_sleep(60)"));
            assertThat(cancelled.working.await(10, TimeUnit.SECONDS)).isTrue();
            client.cancel();

            assertThat(client.answers()).containsExactly("E(ERROR 57014)", "Z(I)");
            ByteBuffer request = cancelled.requests.take();
            assertThat(List.of(request.getInt(), request.getInt(), request.getInt()))
                    .as("what came behind the handshake: request, process, key")
                    .containsExactly(CANCEL, 4711, 815);
        }
    }

    /** Many servers are being opened that never answer, beside the one whose query is cancelled. */
    @Test
    void waitsForNoLoginOfOtherServers() {
        try (FakeServer silent = FakeServer.start(FakeServer.Session::ignoreEverything);
                FakeServer refusing = FakeServer.start(session -> {});
                GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(
                        RouteYaml.to(PostgresServers.shared(), "good", "orders"),
                        RouteYaml.to(PostgresServers.shared(), "slow", "orders")
                                .withHosts("[\"localhost:" + silent.port() + "\"]"),
                        RouteYaml.to(PostgresServers.shared(), "refused", "orders")
                                .withHosts("[\"localhost:" + refusing.port() + "\"]")));
                WireClient client = gateway.connect("good")) {
            Stream.of("slow", "slow", "slow", "refused", "refused")
                    .forEach(database -> Thread.ofVirtual().start(() -> logIn(gateway, database)));
            client.send(FrontendBytes.query("select pg_sleep(60) /* beside slow logins */"));
            Awaitility.await()
                    .until(() -> silent.accepted() > 0
                            && refusing.accepted() > 0
                            && PostgresServers.shared().sessions("orders").stream()
                                    .anyMatch(session -> session.state().equals("active")
                                            && session.query().contains("/* beside slow logins */")));
            long began = System.nanoTime();
            client.cancel();
            assertThat(client.answers()).endsWith("E(ERROR 57014)", "Z(I)");
            assertThat(System.nanoTime() - began)
                    .as("far below serverConnectTimeout, which is 15 s")
                    .isLessThan(TimeUnit.SECONDS.toNanos(5));
        }
    }

    /** Until it is refused, or the gateway ends. */
    private static void logIn(GatewayFixture gateway, String database) {
        try {
            gateway.refusal(database);
        } catch (WireClient.ConnectionEnded e) {
            // The test was over first.
        }
    }
}
