package dev.postern.gateway.it.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * pgbench clients that work at a steady rate while a gateway is attacked, and what they feel of it. The gateway is a process
 * with the JVM options of production. Times with and without the attack are taken in turn, and those of all rounds count
 * together: a machine is not as fast in one minute as in the next. By default few and short, with no bound on times.
 */
public final class Bystanders {
    private static final int CLIENTS = Integer.getInteger("attack.clients", 8);
    private static final int SECONDS = Integer.getInteger("attack.seconds", 2);
    private static final int ROUNDS = Integer.getInteger("attack.rounds", 1);
    private static final int RATE = Integer.getInteger("attack.rate", 300);
    private static final int BOUND_PERCENT = Integer.getInteger("attack.boundPercent", 0);

    private final Path folder;
    private final GatewayYaml yaml;

    /** Under way until it is closed. */
    public interface Attack extends AutoCloseable {
        /** That it was one: that it did what it set out to do. */
        void check() throws Exception;
    }

    /** Begins an attack on this port of the gateway; returns once it is under way. */
    @FunctionalInterface
    public interface Beginning {
        Attack on(int port) throws Exception;
    }

    private static final Attack NO_ATTACK = new Attack() {
        @Override
        public void check() {}

        @Override
        public void close() {}
    };

    private Bystanders(GatewayYaml yaml) throws IOException {
        this.folder = TemporaryFolders.create("attack");
        this.yaml = yaml;
    }

    /** Fails when it is felt more than the bound allows, or leaves the gateway unwell. */
    public static void watch(String what, GatewayYaml yaml, Beginning attack) throws Exception {
        new Bystanders(yaml).watch(what, port -> NO_ATTACK, attack);
    }

    /**
     * The same for an attack that takes much of a processor, which attacker, attacked and others share here: in the rounds
     * without it, it is made on another gateway beside, so that what counts is what it does to clients of the same gateway.
     */
    public static void watchBeside(GatewayYaml another, String what, GatewayYaml yaml, Beginning attack)
            throws Exception {
        Bystanders bystanders = new Bystanders(yaml);
        try (RunningPostern beside = start(bystanders.folder.resolve("another.yaml"), another)) {
            bystanders.watch(what + " (without: on another gateway)", port -> attack.on(another.tlsPort()), attack);
        }
    }

    private void watch(String what, Beginning otherwise, Beginning attack) throws Exception {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "pgbench"))),
                "pgbench is not installed (Debian: postgresql-contrib)");
        try (RunningPostern postern = start(folder.resolve("postern.yaml"), yaml)) {
            work("warm-up");
            rounds(what, otherwise, attack);
            work("afterwards");
            assertThat(postern.log()).doesNotContain("OutOfMemory", "login_error");
        }
    }

    private static RunningPostern start(Path file, GatewayYaml yaml) throws IOException {
        Files.writeString(file, yaml.text());
        return RunningPostern.startByLauncher(
                new InetSocketAddress("127.0.0.1", yaml.plainPort()), "run", "--config", file.toString());
    }

    private void rounds(String what, Beginning otherwise, Beginning attack) throws Exception {
        List<Long> without = new ArrayList<>();
        List<Long> with = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            without.addAll(workUnder(otherwise, "without-" + round));
            with.addAll(workUnder(attack, "with-" + round));
            System.out.printf(
                    "%s, round %d: %d pgbench clients at %d/s for %d s: p99 %d us without, %d us with it (%d %%)%n",
                    what,
                    round,
                    CLIENTS,
                    RATE,
                    SECONDS,
                    percentile99(without),
                    percentile99(with),
                    percent(without, with));
        }
        if (BOUND_PERCENT > 0) {
            assertThat(percent(without, with)).isLessThanOrEqualTo(BOUND_PERCENT);
        }
    }

    private List<Long> workUnder(Beginning beginning, String name) throws Exception {
        try (Attack attack = beginning.on(yaml.tlsPort())) {
            List<Long> latencies = work(name);
            attack.check();
            return latencies;
        }
    }

    private static long percent(List<Long> without, List<Long> with) {
        return percentile99(with) * 100 / percentile99(without);
    }

    /** For a while; the latencies in microseconds. */
    private List<Long> work(String name) throws Exception {
        Path script = Files.writeString(folder.resolve("script.sql"), "select 1;\n");
        Path logs = Files.createDirectories(folder.resolve(name));
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
                        Integer.toString(SECONDS),
                        "-R",
                        Integer.toString(RATE),
                        "-l",
                        "--log-prefix=" + logs.resolve("log"))
                .redirectErrorStream(true)
                .redirectOutput(logs.resolve("output").toFile());
        builder.environment().put("PGHOST", "localhost");
        builder.environment().put("PGPORT", Integer.toString(yaml.tlsPort()));
        builder.environment().put("PGUSER", "app");
        builder.environment().put("PGPASSWORD", "app-secret");
        builder.environment().put("PGDATABASE", "orders");
        builder.environment().put("PGSSLMODE", "require");
        Process process = builder.start();
        if (!process.waitFor(SECONDS + 60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        String output = Files.readString(logs.resolve("output"));
        assertThat(process.exitValue()).as(output).isZero();
        assertThat(output).contains("number of failed transactions: 0 ");
        return latencies(logs);
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
