package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.FakeTasks;
import dev.postern.auth.credentials.rds.AwsCredentialProvider;
import dev.postern.auth.credentials.rds.AwsCredentials;
import dev.postern.auth.credentials.rds.RdsCredentialSource;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FakeAws;
import dev.postern.gateway.it.harness.FakeRds;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RunningPostern;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.WireClient;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Logins by tokens of RDS: against a server that checks each token's signature and time, with keys from a stand-in of STS. */
class RdsIT {
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final String WHO = "select current_user";

    private final Path folder = TemporaryFolders.create("rds");
    private final int port = FreePorts.one();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private <C extends AutoCloseable> C opened(C closeable) {
        open.add(closeable);
        return closeable;
    }

    /** What a pod with IRSA has. */
    private Map<String, String> podEnvironment(FakeAws aws) throws Exception {
        return new HashMap<>(Map.of(
                "AWS_ROLE_ARN",
                "arn:aws:iam::123456789012:role/app",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                Files.writeString(folder.resolve("jwt"), FakeAws.SERVICE_ACCOUNT_TOKEN)
                        .toString(),
                "AWS_REGION",
                "eu-west-1",
                "AWS_ENDPOINT_URL_STS",
                aws.address()));
    }

    private RunningPostern start(Map<String, String> environment, String... arguments) throws Exception {
        return opened(RunningPostern.start(new InetSocketAddress("127.0.0.1", port), environment, arguments));
    }

    private WireClient connect(String database) {
        return WireClient.connect(new ServerAddress(port, Optional.empty(), "app_admin", "", database));
    }

    @Test
    void sidecarMakesTokensForEver() throws Exception {
        // A token lives as long as the keys that signed it: three seconds less than the half minute a login may take.
        FakeAws aws = opened(new FakeAws(Instant::now, Duration.ofSeconds(33)));
        FakeRds rds = opened(new FakeRds(aws, Instant::now, POSTGRES));
        Map<String, String> environment = podEnvironment(aws);
        environment.putAll(Map.of(
                "RDS_HOST",
                "localhost",
                "DB_USERNAME",
                FakeRds.ROLE,
                "DB_NAME",
                "orders",
                "DB_PORT",
                String.valueOf(rds.port()),
                "PGBOUNCER_LISTEN_PORT",
                String.valueOf(port),
                "PGBOUNCER_LISTEN_ADDR",
                "127.0.0.1",
                "SSL_ROOT_CERT",
                Certificates.shared().caFile().toString(),
                "POSTERN_ADMIN_ADDRESS",
                "127.0.0.1:" + FreePorts.one(),
                "PGBOUNCER_SERVER_LIFETIME",
                "1"));
        RunningPostern postern = start(environment, "sidecar");
        try (Statements statements = Statements.start(4, () -> connect("orders"), WHO)) {
            Awaitility.await("three tokens")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> new HashSet<>(rds.accepted()).size() >= 3);
            statements.awaitMore(10);
            assertThat(statements.answers()).containsExactly(FakeRds.ROLE);
            assertThat(statements.failures()).isEmpty();
        }
        assertThat(rds.refused()).isEmpty();
        assertThat(rds.accepted()).hasSizeGreaterThan(new HashSet<>(rds.accepted()).size());
        try (WireClient idle = connect("orders")) {
            aws.goAway();
            // Nothing of AWS is asked for a connection that is open.
            assertThat(idle.ask(WHO)).isEqualTo(FakeRds.ROLE);
        }
        // When the last token has ended, clients are told; and served again once there is another.
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(sqlState()).isEqualTo("57P03"));
        assertThat(rds.refused()).isEmpty();
        aws.comeBack();
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(sqlState()).isEmpty());
        postern.signal("TERM");
        assertThat(postern.awaitEnd()).isZero();
        assertThat(postern.log())
                .doesNotContain("X-Amz-Signature", "secret/", "session/", FakeAws.SERVICE_ACCOUNT_TOKEN);
    }

    /** What a statement of a new client ends with; empty: well. */
    private String sqlState() {
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + port + "/orders?sslmode=disable", "any", "any");
                Statement statement = connection.createStatement()) {
            statement.execute(WHO);
            return "";
        } catch (SQLException e) {
            return e.getSQLState();
        }
    }

    @Test
    void podIdentitysAgentIsAskedWithATokenThatIsReadEachTime() throws Exception {
        FakeAws aws = opened(new FakeAws(Instant::now, Duration.ofHours(1)));
        FakeRds rds = opened(new FakeRds(aws, Instant::now, POSTGRES));
        Path podToken = Files.writeString(folder.resolve("pod-token"), "one-of-another-pod");
        Path file = Files.writeString(folder.resolve("postern.yaml"), """
                listeners: [{name: local, address: "127.0.0.1:%1$d", tls: {mode: disable}}]
                routes:
                  - name: orders
                    match: {databases: [orders]}
                    backend: {hosts: ["localhost:%2$d"], tls: {mode: verify-full, caFile: %4$s}}
                    clientAuth: {any: {}}
                    credentials: {rdsIam: {user: %3$s}}
                """.formatted(
                        port, rds.port(), FakeRds.ROLE, Certificates.shared().caFile()));
        RunningPostern postern = start(
                Map.of(
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                        aws.address() + "/v1/credentials",
                        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                        podToken.toString(),
                        "AWS_REGION",
                        "eu-west-1"),
                "run",
                "--config",
                file.toString());
        assertThat(sqlState()).isEqualTo("57P03");
        Files.writeString(podToken, "pod-token");
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(sqlState()).isEmpty());
        int asked = aws.requests().size();
        try (WireClient client = connect("orders")) {
            assertThat(client.ask(WHO)).isEqualTo(FakeRds.ROLE);
        }
        assertThat(aws.requests()).hasSize(asked).containsOnly("/v1/credentials");
        assertThat(rds.refused()).isEmpty();
        assertThat(postern.log()).doesNotContain("pod-token", "one-of-another-pod", "X-Amz-Signature", "session/");
    }

    @Test
    void routesAssumeRolesOfTheirOwnAndShareWhatIsTheSame() throws Exception {
        FakeAws aws = opened(new FakeAws(Instant::now, Duration.ofHours(1)));
        FakeRds rds = opened(new FakeRds(aws, Instant::now, POSTGRES));
        Path file = Files.writeString(folder.resolve("postern.yaml"), """
                listeners: [{name: local, address: "127.0.0.1:%1$d", tls: {mode: disable}}]
                routes:
                  - name: one
                    match: {databases: [one]}
                    backend: {hosts: ["127.0.0.1:%2$d"], database: orders, tls: {mode: require}}
                    clientAuth: {any: {}}
                    credentials: {rdsIam: {user: %3$s, endpoint: "localhost:%2$d"}}
                  - name: two
                    match: {databases: [two]}
                    backend: {hosts: ["localhost:%2$d"], database: orders, tls: {mode: verify-full, caFile: %4$s}}
                    clientAuth: {any: {}}
                    credentials: {rdsIam: {user: %3$s, region: us-east-1, roleArn: "arn:aws:iam::210987654321:role/tenant", externalId: tenant-7}}
                """.formatted(
                        port, rds.port(), FakeRds.ROLE, Certificates.shared().caFile()));
        start(podEnvironment(aws), "run", "--config", file.toString());
        try (WireClient one = connect("one");
                WireClient two = connect("two")) {
            assertThat(one.ask(WHO)).isEqualTo(FakeRds.ROLE);
            assertThat(two.ask(WHO)).isEqualTo(FakeRds.ROLE);
        }
        assertThat(rds.refused()).isEmpty();
        // Once for each region, and once for the role.
        assertThat(aws.requests())
                .containsExactlyInAnyOrder("AssumeRoleWithWebIdentity", "AssumeRoleWithWebIdentity", "AssumeRole");
    }

    @Test
    void tokensAreMadeAnewBeyondTheirFifteenMinutes() throws Exception {
        FakeTasks tasks = new FakeTasks();
        FakeAws aws = opened(new FakeAws(tasks::now, Duration.ofHours(1)));
        FakeRds rds = opened(new FakeRds(aws, tasks::now, POSTGRES));
        FakeAws.Keys keys = aws.issue();
        CredentialSource source = opened(RdsCredentialSource.of(
                "localhost", rds.port(), FakeRds.ROLE, "eu-west-1", fixed(keys), tasks, clock(tasks)));

        Credential first = acquire(source, tasks);
        jdbc(rds, first.secret()).close();
        try (Connection outlives = jdbc(rds, first.secret())) {
            tasks.advance(Duration.ofMinutes(16));
            assertThatThrownBy(() -> jdbc(rds, first.secret()))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("PAM authentication failed");
            assertThat(rds.refused()).containsExactly("over");

            Credential later = acquire(source, tasks);
            assertThat(later.secret()).isNotEqualTo(first.secret());
            assertThat(later.generation()).isEqualTo(first.generation());
            jdbc(rds, later.secret()).close();
            assertThat(outlives.isValid(1)).isTrue();
        }
    }

    private static AwsCredentialProvider fixed(FakeAws.Keys keys) {
        return new AwsCredentialProvider() {
            @Override
            public AwsCredentials get() {
                return new AwsCredentials(
                        keys.id(),
                        Secret.ofText(keys.secret()),
                        Optional.of(Secret.ofText(keys.session())),
                        Instant.MAX);
            }

            @Override
            public String describe() {
                return "fixed";
            }
        };
    }

    private static Credential acquire(CredentialSource source, FakeTasks tasks) {
        var stage = source.acquire().toCompletableFuture();
        tasks.settle();
        Credential credential = stage.join();
        source.release(credential);
        return credential;
    }

    private static Connection jdbc(FakeRds rds, Secret token) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:" + rds.port() + "/orders?sslmode=require", FakeRds.ROLE, token.reveal());
    }

    private static Clock clock(FakeTasks tasks) {
        return new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return tasks.now();
            }
        };
    }
}
