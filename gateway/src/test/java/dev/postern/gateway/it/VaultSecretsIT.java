package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Everything that the gateway says in a run with rotations, refusals and an outage: no secret of Vault's is in it. */
class VaultSecretsIT {
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final List<String> TABLES = List.of(
            "CREDENTIALS",
            "SERVERS",
            "CLIENTS",
            "POOLS",
            "DATABASES",
            "USERS",
            "CONFIG",
            "STATS",
            "SOCKETS",
            "STATE",
            "LISTS",
            "MEM",
            "DNS_HOSTS");

    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.postern");
    private final Said said = new Said();

    /** Texts of every kind. */
    private static final class Said extends AppenderBase<ILoggingEvent> {
        final Queue<String> texts = new ConcurrentLinkedQueue<>();

        @Override
        protected void append(ILoggingEvent event) {
            texts.add(event.getFormattedMessage() + " " + event.getKeyValuePairs() + " " + event.getMDCPropertyMap());
            for (IThrowableProxy thrown = event.getThrowableProxy(); thrown != null; thrown = thrown.getCause()) {
                texts.add(thrown.getClassName() + ": " + thrown.getMessage());
            }
        }
    }

    @BeforeEach
    void listen() {
        said.setContext(logger.getLoggerContext());
        said.start();
        logger.addAppender(said);
        logger.setLevel(Level.TRACE);
        logger.setAdditive(false);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(said);
        logger.setLevel(null);
        logger.setAdditive(true);
    }

    @Test
    void nothingThatIsSaidHoldsASecret() throws Exception {
        int admin = FreePorts.one();
        try (VaultWorld world = VaultWorld.start(POSTGRES, Duration.ofSeconds(4), Duration.ofSeconds(4))
                .withRole("secret-app", "orders", Duration.ofSeconds(2), Duration.ofSeconds(4))) {
            world.putKv(2, "wrong", "orders_backend", "kv-password-that-is-wrong");
            GatewayYaml yaml = GatewayYaml.of(
                            RouteYaml.to(POSTGRES, "leased", "orders")
                                    .withCredentials(VaultWorld.credentials("secret-app"))
                                    .withPool("{mode: transaction, defaultPoolSize: 3}"),
                            RouteYaml.to(POSTGRES, "refused", "orders")
                                    .withCredentials("{vault: {connection: main, path: secret/data/wrong}}"),
                            RouteYaml.to(POSTGRES, "missing", "orders")
                                    .withCredentials(VaultWorld.credentials("no-such-role")))
                    .withMore(
                            world.yaml() + "admin: {address: \"127.0.0.1:" + admin
                                    + "\", consoleUsers: [admin], clientAuth: {scram: {users: {admin: {password: console}}}}}\n");
            try (GatewayFixture gateway = GatewayFixture.start(yaml);
                    Statements statements =
                            Statements.start(4, () -> gateway.connect("leased"), "select session_user")) {
                for (String route : List.of("refused", "missing")) {
                    assertThatThrownBy(() -> gateway.connect(route))
                            .isInstanceOfSatisfying(
                                    WireClient.LoginRefused.class,
                                    r -> r.messages().forEach(m -> said.texts.add(m + " " + m.fields())));
                }
                Awaitility.await("two rotations")
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> world.rolesMadeBy("secret-app").size() >= 3);
                show(gateway, admin);
                world.server().goAway();
                long until = System.nanoTime() + Duration.ofSeconds(4).toNanos();
                while (System.nanoTime() < until) {
                    statements.awaitMore(20);
                }
                show(gateway, admin);
                world.server().comeBack();
                statements.awaitMore(100);
                world.vault().revokeLeases();
                statements.awaitMore(100);
                world.vault().revokeAllTokens();
                statements.awaitMore(100);
                show(gateway, admin);
                said.texts.addAll(statements.failures());
            }
            // What must be there, so that the search is no search of nothing.
            String all = String.join("\n", said.texts);
            assertThat(all)
                    .contains(
                            "credential_obtained",
                            "credential_rotated",
                            "vault_away",
                            "vault_back",
                            "credential_lost",
                            "server_open_failed")
                    .contains("postern_credential", "T(route:")
                    .contains(world.rolesMadeBy("secret-app").getFirst());
            assertThat(world.secrets()).hasSizeGreaterThan(8);
            for (String secret : world.secrets()) {
                assertThat(all.contains(secret))
                        .as("a secret of " + secret.length() + " characters was said")
                        .isFalse();
            }
        }
    }

    /** Metrics, status page, and every table of the console. */
    private void show(GatewayFixture gateway, int admin) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            for (String path : List.of("/metrics", "/", "/healthz", "/readyz", "/status")) {
                HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + path))
                        .build();
                said.texts.add(
                        http.send(request, HttpResponse.BodyHandlers.ofString()).body());
            }
        }
        try (WireClient console = WireClient.connect(
                gateway.address("pgbouncer").withUser("admin").withPassword("console"))) {
            for (String table : TABLES) {
                console.send(FrontendBytes.query("SHOW " + table));
                for (WireMessage message : console.receiveUntilReady()) {
                    said.texts.add(message.toString());
                    if (message.type() == 'D') {
                        said.texts.add(String.valueOf(message.columns()));
                    }
                }
            }
        }
    }
}
