package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.Bystanders;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * Connections that begin and go no further, while others work: how much the others feel of it. By default a few hundred for
 * seconds; {@code scripts/attack-half-open} has ten thousand of them and a bound.
 */
class HalfOpenIT {
    private static final int HALF_OPEN = Integer.getInteger("halfOpen.connections", 300);
    /** A record that says it has 512 bytes of a ClientHello, and a few of them. */
    private static final byte[] HALF_HELLO = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3, 1, 2, 3};

    @Test
    void othersWorkOn() throws Exception {
        GatewayYaml yaml = GatewayYaml.of(RouteYaml.to(PostgresServers.shared(), "orders", "orders"))
                .withLimits("{maxClientConn: " + (HALF_OPEN + 1000) + "}");
        Bystanders.watch(HALF_OPEN + " half-open connections", yaml, port -> {
            HalfOpen attack = new HalfOpen(port);
            attack.awaitAll();
            return attack;
        });
    }

    /** Keeps so many connections in four stages of a beginning, and replaces some all the time. */
    private static final class HalfOpen implements Bystanders.Attack {
        private final int port;
        private final List<SocketChannel> open = new ArrayList<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private final Thread replacing;
        private int refused;

        HalfOpen(int port) {
            this.port = port;
            this.replacing = Thread.ofPlatform().unstarted(this::replace);
        }

        void awaitAll() throws IOException {
            for (int i = 0; i < HALF_OPEN; i++) {
                open.add(begin(i));
            }
            replacing.start();
        }

        private SocketChannel begin(int number) throws IOException {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            switch (number % 4) {
                case 0 -> {}
                case 1 -> channel.write(ByteBuffer.wrap(new byte[] {0, 0}));
                case 2 -> channel.write(ByteBuffer.wrap(FrontendBytes.sslRequest()));
                default -> channel.write(ByteBuffer.wrap(HALF_HELLO));
            }
            return channel;
        }

        private void replace() {
            for (int i = 0; !over.get(); i++) {
                try {
                    open.get(i % HALF_OPEN).close();
                    open.set(i % HALF_OPEN, begin(i));
                    Thread.sleep(5);
                } catch (IOException e) {
                    refused++;
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        @Override
        public void check() throws InterruptedException {
            over.set(true);
            replacing.join();
            assertThat(refused).isZero();
        }

        @Override
        public void close() throws IOException {
            over.set(true);
            for (SocketChannel channel : open) {
                channel.close();
            }
        }
    }
}
