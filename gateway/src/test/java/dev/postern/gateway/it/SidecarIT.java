package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.HeapStrings;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RunningPostern;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code postern sidecar} as a process with nothing but an environment, in front of real roles that a Vault makes. */
class SidecarIT {
    private static final Duration LONG = Duration.ofHours(1);
    private static final PostgresServer POSTGRES = PostgresServers.shared();

    private final int port = FreePorts.one();
    private final int adminPort = FreePorts.one();
    private final Path tokenFile = TemporaryFolders.create("sidecar").resolve("token");
    private final Map<String, String> environment = new HashMap<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    /** The environment of the sidecar for Vault; where the token is and where it listens are the test's own. */
    private VaultWorld world(VaultWorld world, Duration jwtLife) throws IOException {
        open.add(world);
        Files.writeString(tokenFile, world.vault().serviceAccountToken("app", jwtLife));
        environment.putAll(Map.of(
                "DB_HOST", "localhost",
                "DB_PORT", String.valueOf(POSTGRES.port()),
                "VAULT_ADDR", world.server().address().toString(),
                "VAULT_CA_CERT", Certificates.shared().caFile().toString(),
                "VAULT_KUBERNETES_TOKEN_FILE", tokenFile.toString(),
                "LISTEN_PORT", String.valueOf(port),
                "POSTERN_ADMIN_ADDRESS", "127.0.0.1:" + adminPort));
        return world;
    }

    private void oneDatabase() {
        environment.put("DB_NAME", "orders");
        environment.put("VAULT_PATH", "database/creds/orders-app");
    }

    private RunningPostern start() throws IOException {
        RunningPostern postern = RunningPostern.start(new InetSocketAddress("127.0.0.1", port), environment, "sidecar");
        open.add(postern);
        return postern;
    }

    private WireClient connect(String database) {
        return WireClient.connect(new ServerAddress(port, Optional.empty(), "whoever", "whatever", database));
    }

    private String psql(String... arguments) throws Exception {
        assumeTrue(
                List.of(System.getenv("PATH").split(":")).stream()
                        .anyMatch(path -> Files.isExecutable(Path.of(path, "psql"))),
                "psql is not installed");
        ProcessBuilder builder = new ProcessBuilder("psql", "-X", "-A", "-t", "-h", "localhost", "-p", "" + port)
                .redirectErrorStream(true);
        builder.command().addAll(List.of(arguments));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output.strip();
    }

    private HttpResponse<String> http(String method, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + path))
                            .method(method, HttpRequest.BodyPublishers.noBody())
                            .build(),
                    BodyHandlers.ofString());
        }
    }

    private static RunningPostern ended(Map<String, String> environment, String... arguments) throws Exception {
        RunningPostern postern = RunningPostern.launch(environment, arguments);
        postern.awaitEnd();
        return postern;
    }

    @Test
    void rolesAndTokensChangeAndTheApplicationDoesNotNotice() throws Exception {
        Duration jwtLife = Duration.ofSeconds(9);
        VaultWorld world = world(
                VaultWorld.inACluster(POSTGRES, Duration.ofSeconds(4), Duration.ofSeconds(4))
                        .withRole("orders-app", "orders", Duration.ofSeconds(2), Duration.ofSeconds(6)),
                jwtLife);
        Instant jwtEnds = Instant.now().plus(jwtLife);
        oneDatabase();
        RunningPostern postern = start();
        try (Statements statements = Statements.start(4, () -> connect("orders"), "select current_user")) {
            statements.awaitMore(10);
            // As kubelet does before the old one ends: who logs in later has to have read the file again.
            Files.writeString(tokenFile, world.vault().serviceAccountToken("app", LONG));
            Awaitility.await().atMost(jwtLife).until(() -> Instant.now().isAfter(jwtEnds));
            int logins = world.vault().logins();
            Awaitility.await("a login and a third role")
                    .atMost(Duration.ofSeconds(30))
                    .until(() ->
                            statements.answers().size() >= 3 && world.vault().logins() > logins);
            assertThat(statements.failures()).isEmpty();
        }
        postern.signal("TERM");
        assertThat(postern.awaitEnd()).isZero();
        assertNoRolesAreLeft(world);
        assertThat(postern.log()).doesNotContain(world.secrets());
    }

    /** Bytes that hold them can be wiped, and a String outlives its use as long as anything refers to it. */
    @Test
    void noStringInMemoryHoldsASecretOnceLoginsAreDone() throws Exception {
        VaultWorld world = world(
                VaultWorld.inACluster(POSTGRES, Duration.ofSeconds(4), Duration.ofSeconds(4))
                        .withRole("orders-app", "orders", Duration.ofSeconds(2), Duration.ofSeconds(6)),
                LONG);
        oneDatabase();
        RunningPostern postern = start();
        try (Statements statements = Statements.start(4, () -> connect("orders"), "select current_user")) {
            Awaitility.await("a login and a third role")
                    .atMost(Duration.ofSeconds(30))
                    .until(() ->
                            statements.answers().size() >= 3 && world.vault().logins() > 1);
        }
        List<String> strings = HeapStrings.of(postern.heapDump());
        assertThat(strings)
                .as("that the heap was read")
                .anyMatch(s -> world.rolesMadeBy("orders-app").contains(s));
        List<String> secrets = new ArrayList<>(world.secrets());
        secrets.add(Files.readString(tokenFile));
        assertThat(strings.stream()
                        .filter(string -> secrets.stream().anyMatch(string::contains))
                        .map(String::length))
                .as("lengths of the strings that hold a secret")
                .isEmpty();
    }

    /** What its own time ends at this very moment, Vault drops a little later. */
    private static void assertNoRolesAreLeft(VaultWorld world) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(world.leasedRoles()).isEmpty());
    }

    @Test
    void anyUserComesInFromThisMachineByPsqlAndJdbc() throws Exception {
        VaultWorld world = world(
                VaultWorld.inACluster(POSTGRES, LONG, Duration.ZERO).withRole("orders-app", "orders", LONG, LONG),
                LONG);
        oneDatabase();
        RunningPostern postern = start();

        // The liveness probe of the sidecar for Vault, and of the one for RDS.
        assertThat(psql("-d", "orders", "-c", "SELECT 1")).isEqualTo("1");
        assertThat(psql("-U", "app_admin", "-d", "orders", "-c", "select current_user"))
                .startsWith("v-");
        assertThat(psql("-U", "app_admin", "-d", "pgbouncer", "-c", "SHOW VERSION"))
                .startsWith("PgBouncer");
        // pgjdbc sends extra_float_digits in the startup packet.
        String url = "jdbc:postgresql://localhost:" + port + "/orders?assumeMinServerVersion=9.0";
        try (Connection jdbc = DriverManager.getConnection(url, "anybody", "anything");
                Statement statement = jdbc.createStatement();
                ResultSet rows = statement.executeQuery("select session_user, 0.1::float8 + 0.2")) {
            rows.next();
            assertThat(rows.getString(1)).isIn(world.leasedRoles());
            assertThat(rows.getString(2)).isEqualTo("0.30000000000000004");
        }
        assertThatThrownBy(() -> DriverManager.getConnection(url.replace("orders?", "other?"), "app", "x"))
                .isInstanceOf(SQLException.class);

        assertThat(ended(Map.of(), "ping", "127.0.0.1:" + port).log()).contains("answers");
        assertThat(ended(Map.of(), "ping", "--admin", "http://127.0.0.1:" + adminPort)
                        .awaitEnd())
                .isZero();
        assertThat(http("GET", "/metrics").body()).contains("postern_ready 1.0");
        try (WireClient before = connect("orders")) {
            // What SIGHUP does, which a process of nohup's never hears of.
            assertThat(psql("-U", "app_admin", "-d", "pgbouncer", "-c", "RELOAD"))
                    .isEqualTo("RELOAD");
            Awaitility.await().untilAsserted(() -> assertThat(postern.log()).contains("reloaded"));
            assertThat(before.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void severalDatabasesHaveOnePortAndEachItsOwnRole() throws Exception {
        VaultWorld world = world(
                VaultWorld.inACluster(POSTGRES, LONG, Duration.ZERO)
                        .withRole("orders-app", "orders", LONG, LONG)
                        .withRole("billing-app", "billing", LONG, LONG),
                LONG);
        environment.putAll(Map.of(
                "DB_0_NAME", "orders",
                "VAULT_0_PATH", "database/creds/orders-app",
                "DB_1_NAME", "billing",
                "VAULT_1_PATH", "database/creds/billing-app"));
        RunningPostern postern = start();
        String member = "select pg_has_role(session_user, 'orders_backend', 'member') || ' '"
                + " || pg_has_role(session_user, 'billing_backend', 'member')";
        try (WireClient orders = connect("orders");
                WireClient billing = connect("billing")) {
            assertThat(orders.ask(member)).isEqualTo("true false");
            assertThat(billing.ask(member)).isEqualTo("false true");
        }
        assertThat(world.vault().logins()).isOne();

        // The end of a job in a cluster whose sidecars do not end by themselves.
        assertThat(http("POST", "/quitquitquit").statusCode()).isEqualTo(200);
        assertThat(postern.awaitEnd()).isZero();
        assertNoRolesAreLeft(world);
    }

    @Test
    void startsWithoutVaultAndServesOnceItIsThere() throws Exception {
        VaultWorld world = world(
                VaultWorld.inACluster(POSTGRES, LONG, Duration.ZERO).withRole("orders-app", "orders", LONG, LONG),
                LONG);
        oneDatabase();
        world.server().goAway();
        start();
        assertThatThrownBy(() -> connect("orders"))
                .isInstanceOf(WireClient.LoginRefused.class)
                .hasMessageContaining("57P03")
                .hasMessageContaining("credential")
                .hasMessageNotContaining("127.0.0.1");
        world.server().comeBack();
        Awaitility.await().atMost(Duration.ofSeconds(10)).ignoreExceptions().untilAsserted(() -> {
            try (WireClient client = connect("orders")) {
                assertThat(client.ask("select 1")).isEqualTo("1");
            }
        });
    }

    @Test
    void whatIsMissingIsNamedAndTheStatusIsNotZero() throws Exception {
        RunningPostern postern = ended(Map.of("DB_HOST", "pg", "DB_NAME", "orders"), "sidecar");
        assertThat(postern.awaitEnd()).isEqualTo(2);
        assertThat(postern.log().lines().filter(line -> line.startsWith("environment ")))
                .anyMatch(line -> line.startsWith("environment VAULT_PATH: is not set (expected: "))
                .anyMatch(line -> line.startsWith("environment VAULT_ADDR: is not set (expected: "))
                .hasSize(2);
    }

    @Test
    void theEnvironmentCanBePrintedAsAFileThatRuns() throws Exception {
        RunningPostern printed = ended(
                Map.of(
                        "DB_HOST", "pg",
                        "DB_NAME", "orders",
                        "VAULT_PATH", "database/creds/orders-app",
                        "VAULT_ADDR", "http://vault:8200",
                        "VAULT_TOKEN", "s.secret"),
                "sidecar",
                "--print");
        assertThat(printed.awaitEnd()).isZero();
        assertThat(printed.log()).doesNotContain("s.secret");
        Path file = tokenFile.resolveSibling("postern.yaml");
        Files.writeString(
                file,
                String.join(
                        "\n",
                        printed.log()
                                .lines()
                                .filter(line -> !line.startsWith("WARNING"))
                                .toList()));
        assertThat(ended(Map.of("VAULT_TOKEN", "s.secret"), "check", "--config", file.toString())
                        .log())
                .contains(": ok");
    }
}
