package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.RunningPostern;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.WireClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Connections that begin and go no further, while others work: how much the others feel of it. By default a few hundred for
 * seconds, with no bound on times; {@code scripts/attack-half-open} has ten thousand of them and a bound. Times with and without
 * them are taken in turn, and those of all rounds count together: a machine is not as fast in one minute as in the next.
 */
class HalfOpenIT {
    private static final int HALF_OPEN = Integer.getInteger("halfOpen.connections", 300);
    private static final int CLIENTS = Integer.getInteger("halfOpen.clients", 8);
    private static final int SECONDS = Integer.getInteger("halfOpen.seconds", 2);
    private static final int ROUNDS = Integer.getInteger("halfOpen.rounds", 1);
    private static final int RATE = Integer.getInteger("halfOpen.rate", 300);
    private static final int BOUND_PERCENT = Integer.getInteger("halfOpen.boundPercent", 0);
    /** A record that says it has 512 bytes of a ClientHello, and a few of them. */
    private static final byte[] HALF_HELLO = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3, 1, 2, 3};

    private static final Path FOLDER = TemporaryFolders.create("half-open");

    @Test
    void othersWorkOn() throws Exception {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "pgbench"))),
                "pgbench is not installed (Debian: postgresql-contrib)");
        GatewayYaml yaml = GatewayYaml.of(RouteYaml.to(PostgresServers.shared(), "orders", "orders"))
                .withLimits("{maxClientConn: " + (HALF_OPEN + 1000) + "}");
        Path file = Files.writeString(FOLDER.resolve("postern.yaml"), yaml.text());
        try (RunningPostern postern = RunningPostern.startByLauncher(
                new InetSocketAddress("127.0.0.1", yaml.plainPort()), "run", "--config", file.toString())) {
            pgbench(yaml, "warm-up", SECONDS);
            List<Long> without = new ArrayList<>();
            List<Long> with = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                without.addAll(pgbench(yaml, "without-" + round, SECONDS));
                try (Attack attack = new Attack(yaml.tlsPort())) {
                    attack.awaitAll();
                    with.addAll(pgbench(yaml, "with-" + round, SECONDS));
                    assertThat(attack.refused()).isZero();
                }
                report("round " + (round + 1), without, with);
            }
            long before = percentile99(without);
            long during = percentile99(with);
            if (BOUND_PERCENT > 0) {
                assertThat(during * 100 / before).isLessThanOrEqualTo(BOUND_PERCENT);
            }
            ServerAddress address = new ServerAddress(
                    yaml.tlsPort(), Optional.of(Certificates.shared().clientContext()), "app", "app-secret", "orders");
            try (WireClient client = WireClient.connect(address)) {
                assertThat(client.ask("select 1")).isEqualTo("1");
            }
            assertThat(postern.log()).doesNotContain("OutOfMemory", "login_error");
        }
    }

    private static void report(String when, List<Long> without, List<Long> with) {
        long before = percentile99(without);
        long during = percentile99(with);
        System.out.printf(
                "half-open, %s: %d connections, %d pgbench clients at %d/s for %d s: p99 %d us without, %d us with them (%d %%)%n",
                when, HALF_OPEN, CLIENTS, RATE, SECONDS, before, during, during * 100 / before);
    }

    /** Keeps so many connections in four stages of a beginning, and replaces some all the time. */
    private static final class Attack implements AutoCloseable {
        private final int port;
        private final List<SocketChannel> open = new ArrayList<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private final Thread replacing;
        private int refused;

        Attack(int port) {
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

        int refused() throws InterruptedException {
            over.set(true);
            replacing.join();
            return refused;
        }

        @Override
        public void close() throws IOException {
            over.set(true);
            for (SocketChannel channel : open) {
                channel.close();
            }
        }
    }

    /** The latencies in microseconds. */
    private static List<Long> pgbench(GatewayYaml yaml, String name, int seconds) throws Exception {
        Path script = Files.writeString(FOLDER.resolve("script.sql"), "select 1;\n");
        Path folder = Files.createDirectories(FOLDER.resolve(name));
        ProcessBuilder builder = new ProcessBuilder(
                        "pgbench",
                        "-n",
                        "-f",
                        script.toString(),
                        "-c",
                        Integer.toString(CLIENTS),
                        "-j",
                        "2",
                        "-T",
                        Integer.toString(seconds),
                        "-R",
                        Integer.toString(RATE),
                        "-l",
                        "--log-prefix=" + folder.resolve("log"))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile());
        builder.environment().put("PGHOST", "localhost");
        builder.environment().put("PGPORT", Integer.toString(yaml.tlsPort()));
        builder.environment().put("PGUSER", "app");
        builder.environment().put("PGPASSWORD", "app-secret");
        builder.environment().put("PGDATABASE", "orders");
        builder.environment().put("PGSSLMODE", "require");
        Process process = builder.start();
        if (!process.waitFor(seconds + 60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        String output = Files.readString(folder.resolve("output"));
        assertThat(process.exitValue()).as(output).isZero();
        assertThat(output).contains("number of failed transactions: 0 ");
        return latencies(folder);
    }

    /** The third column of pgbench's log. */
    private static List<Long> latencies(Path folder) throws IOException {
        List<Long> times = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> path.getFileName().toString().startsWith("log."))
                    .toList()) {
                for (String line : Files.readAllLines(file)) {
                    times.add(Long.parseLong(line.split(" ")[2]));
                }
            }
        }
        assertThat(times).isNotEmpty();
        return times;
    }

    private static long percentile99(List<Long> times) {
        return times.stream()
                .sorted()
                .skip(times.size() * 99L / 100)
                .findFirst()
                .orElseThrow();
    }
}
