package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RoleWatch;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.VaultWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * 64 pgbench clients while the role of their route rotates. Small by default, so that the suite stays quick;
 * {@code scripts/rotation-load} runs it with a TTL of 20 s and a max TTL of 60 s for ten minutes.
 */
class RotationLoadIT {
    private static final Duration TTL = Duration.ofSeconds(Integer.getInteger("rotation.ttl", 2));
    private static final Duration MAX_TTL = Duration.ofSeconds(Integer.getInteger("rotation.maxTtl", 6));
    private static final int SECONDS = Integer.getInteger("rotation.seconds", 20);
    /** Transactions a second of each of the two programs. */
    private static final int RATE = Integer.getInteger("rotation.rate", 200);
    /** The bound on p99 near rotations against p99 elsewhere; 0: only reported, since a suite shares its machine. */
    private static final double BOUND = Integer.getInteger("rotation.boundPercent", 0) / 100.0;

    /** What is not counted at the start, where everything is compiled while it runs. */
    private static final Duration WARM_UP = MAX_TTL.dividedBy(6);

    private static final int POOL_SIZE = 20;
    private static final Path FOLDER = TemporaryFolders.create("rotation");

    private record Transaction(Instant end, long micros) {}

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS) // in its long form: the default is two minutes
    void sixtyFourClientsSeeNoErrorWhileTheRoleChanges() throws Exception {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "pgbench"))),
                "pgbench is not installed (Debian: postgresql-contrib)");
        PostgresServer postgres = PostgresServers.shared();
        try (VaultWorld world = VaultWorld.start(postgres).withRole("orders-app", "orders", TTL, MAX_TTL);
                GatewayFixture gateway =
                        GatewayFixture.start(GatewayYaml.of(RouteYaml.to(postgres, "orders_rotating", "orders")
                                        .withCredentials(VaultWorld.credentials("orders-app"))
                                        .withPool("{mode: transaction, defaultPoolSize: " + POOL_SIZE + "}"))
                                .withMore(world.yaml()))) {
            int others = postgres.sessionPids("orders").size(); // of the shared gateway, where it has been used
            postgres.execute(
                    "orders",
                    "drop table if exists rotation_rows",
                    "create table rotation_rows (n int primary key)",
                    "insert into rotation_rows select generate_series(1, 1000)",
                    "alter table rotation_rows owner to orders_backend");
            AtomicInteger most = new AtomicInteger();
            try (RoleWatch watch = RoleWatch.start(postgres, "orders");
                    ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor()) {
                looking.scheduleWithFixedDelay(
                        () -> most.accumulateAndGet(gateway.servers("orders_rotating"), Math::max),
                        0,
                        5,
                        TimeUnit.MILLISECONDS);
                List<Process> programs = List.of(pgbench(gateway, "simple"), pgbench(gateway, "extended"));
                for (Process program : programs) {
                    program.waitFor();
                }
                looking.shutdownNow();
                report(watch, gateway, others, most.get());
                for (String mode : List.of("simple", "extended")) {
                    String output = Files.readString(FOLDER.resolve(mode + ".out"));
                    assertThat(output)
                            .contains("number of failed transactions: 0 (0.000%)")
                            .doesNotContain("aborted")
                            .doesNotContain("ERROR")
                            .doesNotContain("FATAL");
                }
                assertThat(programs)
                        .allSatisfy(program -> assertThat(program.exitValue()).isZero());
                assertThat(watch.failures()).isEmpty();
                assertThat(rotations(watch))
                        .hasSizeGreaterThanOrEqualTo(Math.toIntExact(SECONDS / MAX_TTL.toSeconds()));
                assertThat(most)
                        .as("connections of the gateway")
                        .hasPositiveValue()
                        .hasValueLessThanOrEqualTo(POOL_SIZE + 1);
                // PostgreSQL's processes outlive their sockets for a moment, so one more may be seen.
                assertThat(watch.most()).isLessThanOrEqualTo(others + POOL_SIZE + 2);
            }
            gateway.assertClean();
            gateway.close();
            assertThat(world.leasedRoles()).as("roles that are left").isEmpty();
        }
    }

    private static Process pgbench(GatewayFixture gateway, String mode) throws IOException {
        Path script = FOLDER.resolve("script.sql");
        Files.writeString(script, """
                \\set n random(1, 1000)
                select n from rotation_rows where n = :n;
                begin;
                select n from rotation_rows where n = :n;
                update rotation_rows set n = n where n = :n;
                commit;
                """);
        ProcessBuilder builder = new ProcessBuilder(
                "pgbench",
                "-n",
                "-M",
                mode,
                "-f",
                script.toString(),
                "-c",
                "32",
                "-j",
                "1",
                "-T",
                Integer.toString(SECONDS),
                "-R",
                Integer.toString(RATE),
                "-l",
                "--log-prefix",
                FOLDER.resolve(mode + "-log").toString());
        builder.environment().put("PGHOST", "localhost");
        builder.environment().put("PGPORT", Integer.toString(gateway.tlsPort()));
        builder.environment().put("PGUSER", "app");
        builder.environment().put("PGPASSWORD", "app-secret");
        builder.environment().put("PGDATABASE", "orders_rotating");
        builder.environment().put("PGSSLMODE", "verify-full");
        builder.environment()
                .put("PGSSLROOTCERT", Certificates.shared().caFile().toString());
        return builder.redirectErrorStream(true)
                .redirectOutput(FOLDER.resolve(mode + ".out").toFile())
                .start();
    }

    /** All but the first role, which is no rotation. */
    private static Collection<Instant> rotations(RoleWatch watch) {
        return watch.roles().entrySet().stream()
                .filter(role -> role.getKey().startsWith("v-"))
                .skip(1)
                .map(java.util.Map.Entry::getValue)
                .toList();
    }

    private static void report(RoleWatch watch, GatewayFixture gateway, int others, int most) throws IOException {
        Collection<Instant> rotations = rotations(watch);
        List<Transaction> all = transactions();
        Duration near = MAX_TTL.dividedBy(30).compareTo(Duration.ofSeconds(1)) > 0
                ? MAX_TTL.dividedBy(30)
                : Duration.ofSeconds(1);
        long[] around = all.stream()
                .filter(t -> isNear(t, rotations, near))
                .mapToLong(Transaction::micros)
                .sorted()
                .toArray();
        long[] between = all.stream()
                .filter(t -> !isNear(t, rotations, near))
                .mapToLong(Transaction::micros)
                .sorted()
                .toArray();
        System.out.printf(
                "rotation load: ttl %ds, max %ds, %d s, %d rotations, %d transactions, most server connections %d, seen by"
                        + " the server %d, of a pool of %d;"
                        + " within %d ms of a rotation p50 %.1f ms p99 %.1f ms max %.1f ms (%d), between p50 %.1f ms p99"
                        + " %.1f ms max %.1f ms (%d); waiting at the end %d%n",
                TTL.toSeconds(),
                MAX_TTL.toSeconds(),
                SECONDS,
                rotations.size(),
                all.size(),
                most,
                watch.most() - others,
                POOL_SIZE,
                near.toMillis(),
                at(around, 0.5),
                at(around, 0.99),
                at(around, 1),
                around.length,
                at(between, 0.5),
                at(between, 0.99),
                at(between, 1),
                between.length,
                gateway.waitingClients());
        System.out.println("p99 near each rotation, ms: " + p99OfEach(all, rotations, near));
        if (BOUND > 0) {
            assertThat(at(around, 0.99)).as("p99 near rotations").isLessThanOrEqualTo(at(between, 0.99) * BOUND);
        }
    }

    /** A rotation that costs something shows in each of them, a machine that was busy in one or two. */
    private static String p99OfEach(List<Transaction> all, Collection<Instant> rotations, Duration near) {
        return rotations.stream()
                .map(rotation -> all.stream()
                        .filter(t -> isNear(t, List.of(rotation), near))
                        .mapToLong(Transaction::micros)
                        .sorted()
                        .toArray())
                .map(sorted -> "%.1f".formatted(at(sorted, 0.99)))
                .collect(Collectors.joining(", "));
    }

    private static boolean isNear(Transaction transaction, Collection<Instant> rotations, Duration near) {
        return rotations.stream()
                .anyMatch(at -> Duration.between(at, transaction.end()).abs().compareTo(near) <= 0);
    }

    private static double at(long[] sorted, double share) {
        return sorted.length == 0
                ? 0
                : sorted[(int) Math.min(sorted.length - 1L, (long) (sorted.length * share))] / 1e3;
    }

    /** pgbench's log: client, number, time in microseconds, script, end in seconds and microseconds, lag. */
    private static List<Transaction> transactions() throws IOException {
        List<Transaction> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path file : files.filter(f -> f.getFileName().toString().contains("-log"))
                    .toList()) {
                for (String line : Files.readAllLines(file)) {
                    long[] fields = Arrays.stream(line.split(" "))
                            .mapToLong(Long::parseLong)
                            .toArray();
                    all.add(new Transaction(Instant.ofEpochSecond(fields[4], fields[5] * 1000), fields[2]));
                }
            }
        }
        Instant counted = all.stream()
                .map(Transaction::end)
                .min(Instant::compareTo)
                .orElseThrow()
                .plus(WARM_UP);
        return all.stream().filter(t -> t.end().isAfter(counted)).toList();
    }
}
