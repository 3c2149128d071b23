package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.auth.credentials.vault.PostgresRoles;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RoleWatch;
import dev.postern.gateway.it.harness.RunningPostern;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.tools.ToolProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The example of many tenants as it is: its SQL, its configuration, its application; only addresses and paths are the test's. */
class ExamplesIT {
    private static final Path EXAMPLE = Path.of("../examples/vault-multi-tenant");
    private static final List<String> TENANTS = List.of("acme", "globex", "initech");
    private static final Duration TTL = Duration.ofSeconds(2);
    private static final Duration MAX_TTL = Duration.ofSeconds(6);

    private final Path folder = TemporaryFolders.create("tenants");
    private final int port = FreePorts.one();

    @Test
    void everyTenantIsServedByItsOwnRolesAlone() throws Exception {
        Path passwords = Files.createDirectories(folder.resolve("passwords"));
        Map<?, ?> secret = manifest("Secret", "stringData");
        for (String tenant : TENANTS) {
            Files.writeString(passwords.resolve(tenant), String.valueOf(secret.get(tenant)));
        }
        try (PostgresServer postgres = PostgresServers.own();
                VaultWorld world = VaultWorld.inACluster(postgres, Duration.ofHours(1), Duration.ZERO)) {
            initialize(postgres);
            TENANTS.forEach(tenant -> setUp(world, postgres, tenant));
            Path file = Files.writeString(folder.resolve("postern.yaml"), configuration(world, postgres, passwords));
            try (RunningPostern postern = RunningPostern.start(
                    new InetSocketAddress("127.0.0.1", port), "run", "--config", file.toString())) {
                Map<String, RoleWatch> watches =
                        TENANTS.stream().collect(Collectors.toMap(t -> t, t -> RoleWatch.start(postgres, t)));
                List<String> lines = application(passwords);

                for (String tenant : TENANTS) {
                    RoleWatch watch = Optional.ofNullable(watches.get(tenant)).orElseThrow();
                    watch.close();
                    assertThat(watch.failures()).isEmpty();
                    assertThat(lines.stream().filter(line -> line.startsWith(tenant + ": " + tenant + " v-")))
                            .hasSize(lines.size() / TENANTS.size());
                    // Roles of the tenant, more than one, and no others: not at one look.
                    assertThat(watch.roles().keySet().stream().filter(role -> !role.equals("vault")))
                            .hasSizeGreaterThan(1)
                            .allMatch(role -> role.contains("-" + cut(tenant)));
                }
                assertThatThrownBy(() -> connect("globex", String.valueOf(secret.get("acme"))))
                        .isInstanceOf(WireClient.LoginRefused.class)
                        .hasMessageContaining("password authentication failed");
                postern.signal("TERM");
                assertThat(postern.awaitEnd()).isZero();
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(2))
                    .untilAsserted(() -> assertThat(world.leasedRoles()).isEmpty());
        }
    }

    /** Vault has eight characters of a role's name in its users' names. */
    private static String cut(String tenant) {
        return (tenant + "-app").substring(0, 8);
    }

    private void connect(String tenant, String password) {
        WireClient.connect(new ServerAddress(
                        port, Optional.of(Certificates.shared().clientContext()), "app", password, tenant))
                .close();
    }

    // ---- the world of the example

    /** init.sql, as psql runs it. */
    private static void initialize(PostgresServer postgres) throws IOException {
        String database = "postgres";
        StringBuilder statement = new StringBuilder();
        for (String line : Files.readAllLines(EXAMPLE.resolve("init.sql"))) {
            if (line.startsWith("\\connect ")) {
                database = line.substring("\\connect ".length()).strip();
            } else if (!line.startsWith("--")) {
                statement.append(line).append('\n');
                if (line.endsWith(";")) {
                    postgres.execute(database, statement.toString());
                    statement.setLength(0);
                }
            }
        }
    }

    /** What setup.sh tells Vault, with the same SQL, run by the same role. */
    private static void setUp(VaultWorld world, PostgresServer postgres, String tenant) {
        PGSimpleDataSource vault = new PGSimpleDataSource();
        vault.setServerNames(new String[] {"127.0.0.1"});
        vault.setPortNumbers(new int[] {postgres.port()});
        vault.setDatabaseName(tenant);
        vault.setUser("vault");
        vault.setPassword("vault-of-the-example");
        world.vault()
                .putRole(
                        tenant + "-app",
                        new PostgresRoles(
                                vault, statements("creation.sql", tenant), statements("revocation.sql", tenant)),
                        TTL,
                        MAX_TTL);
        world.vault()
                .putKubernetesRole(
                        "tenant-" + tenant,
                        "postern",
                        Duration.ofHours(1),
                        Duration.ZERO,
                        "database/creds/" + tenant + "-app",
                        "sys/leases/*");
    }

    private static List<String> statements(String file, String tenant) {
        try {
            return Files.readAllLines(EXAMPLE.resolve(file)).stream()
                    .map(line -> line.replace("TENANT", tenant).replaceFirst(";$", ""))
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Map<?, ?> manifest(String kind, String key) throws IOException {
        for (Object document : new Load(LoadSettings.builder().build())
                .loadAllFromString(Files.readString(EXAMPLE.resolve("kubernetes.yaml")))) {
            if (document instanceof Map<?, ?> map
                    && kind.equals(map.get("kind"))
                    && map.get(key) instanceof Map<?, ?> found) {
                return found;
            }
        }
        throw new IllegalStateException("no " + kind);
    }

    private String configuration(VaultWorld world, PostgresServer postgres, Path passwords) throws IOException {
        Certificates.KeyPairFiles own = Certificates.shared().issueForLocalhost("tenants");
        Path token = Files.writeString(
                folder.resolve("token"), world.vault().serviceAccountToken("postern", Duration.ofHours(1)));
        String text = String.valueOf(manifest("ConfigMap", "data").get("postern.yaml"));
        for (Map.Entry<String, String> change : Map.of(
                        "0.0.0.0:5432", "127.0.0.1:" + port,
                        "0.0.0.0:9090", "127.0.0.1:" + FreePorts.one(),
                        "/tls/tls.crt", own.certificate().toString(),
                        "/tls/tls.key", own.key().toString(),
                        "https://vault.vault.svc:8200", world.server().address().toString(),
                        "/vault/ca.crt", Certificates.shared().caFile().toString(),
                        "/var/run/secrets/vault/token", token.toString(),
                        "pg.databases.svc:5432", "localhost:" + postgres.port(),
                        "/pg/ca.crt", Certificates.shared().caFile().toString(),
                        "/passwords/", passwords + "/")
                .entrySet()) {
            assertThat(text).contains(change.getKey());
            text = text.replace(change.getKey(), change.getValue());
        }
        return text;
    }

    // ---- the application

    /** Runs it longer than the roles live; the lines that it printed. */
    private List<String> application(Path passwords) throws Exception {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        Path source = EXAMPLE.resolve("app/src/main/java/dev/postern/tenants/Tenants.java");
        String classPath = System.getProperty("java.class.path");
        assertThat(ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, "-d", classes.toString(), "-cp", classPath, source.toString()))
                .isZero();
        Path out = folder.resolve("out.txt");
        Path log = folder.resolve("log.txt");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classes + ":" + classPath,
                        "dev.postern.tenants.Tenants")
                .redirectOutput(out.toFile())
                .redirectError(log.toFile());
        builder.environment()
                .putAll(Map.of(
                        "PGHOST",
                        "localhost",
                        "PGPORT",
                        String.valueOf(port),
                        "PGSSLMODE",
                        "verify-full",
                        "PGSSLROOTCERT",
                        Certificates.shared().caFile().toString(),
                        "TENANTS",
                        String.join(" ", TENANTS),
                        "PASSWORDS",
                        passwords.toString(),
                        "ROUNDS",
                        "80",
                        "PAUSE",
                        "100"));
        Process process = builder.start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(out, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.matches("[a-z]+: .*"))
                .toList();
    }
}
