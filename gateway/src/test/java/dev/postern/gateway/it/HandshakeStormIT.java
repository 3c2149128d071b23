package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.Bystanders;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A storm of TLS handshakes that cost the gateway its signature and the attacker nothing, while others work: how much the others
 * feel of it. By default a mild one; {@code scripts/attack-handshakes} has a thousand a second and a bound.
 */
class HandshakeStormIT {
    private static final int RATE = Integer.getInteger("handshakes.rate", 100);
    private static final int SENDERS = 4;
    private static final byte[] HELLO = ClientHellos.of(false);

    @Test
    void othersWorkOn() throws Exception {
        RouteYaml route = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
        Bystanders.watchBeside(GatewayYaml.of(route), RATE + " handshakes a second", GatewayYaml.of(route), Storm::new);
    }

    private static final class Storm implements Bystanders.Attack {
        private static final long PAUSE_NANOS = 1_000_000_000L * SENDERS / RATE;

        private final int port;
        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicInteger answered = new AtomicInteger();
        private final AtomicInteger failed = new AtomicInteger();
        private final Thread[] senders = new Thread[SENDERS];
        private final long began = System.nanoTime();

        Storm(int port) {
            this.port = port;
            for (int i = 0; i < SENDERS; i++) {
                senders[i] = Thread.ofPlatform().start(this::send);
            }
        }

        /** Keeps its pace, also behind a slow answer. */
        private void send() {
            for (long next = System.nanoTime(); !over.get(); next += PAUSE_NANOS) {
                try {
                    handshake();
                    answered.incrementAndGet();
                    long ahead = next - System.nanoTime();
                    if (ahead > 0) {
                        Thread.sleep(ahead / 1_000_000, (int) (ahead % 1_000_000));
                    }
                } catch (IOException e) {
                    failed.incrementAndGet();
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        /** Up to the server's certificate and signature. */
        private void handshake() throws IOException {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress("127.0.0.1", port), 10_000);
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write(FrontendBytes.sslRequest());
                assertThat(socket.getInputStream().read()).isEqualTo('S');
                socket.getOutputStream().write(HELLO);
                assertThat(socket.getInputStream().read(new byte[4096])).isGreaterThan(500);
                socket.setSoLinger(true, 0);
            }
        }

        @Override
        public void check() throws InterruptedException {
            end();
            double seconds = (System.nanoTime() - began) / 1e9;
            assertThat(failed.get()).isZero();
            assertThat(answered.get() / seconds).as("handshakes a second").isGreaterThan(RATE * 0.8);
        }

        private void end() throws InterruptedException {
            over.set(true);
            for (Thread sender : senders) {
                sender.join();
            }
        }

        @Override
        public void close() throws InterruptedException {
            end();
        }
    }
}
