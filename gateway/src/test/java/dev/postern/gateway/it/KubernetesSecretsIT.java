package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.postern.gateway.it.harness.ClusterWorld;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.Tenant;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Secrets that are read and watched by the API, through the gateway to a server. */
class KubernetesSecretsIT {
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final String WHO = "select session_user";
    private static final Duration SOON = Duration.ofSeconds(10);

    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.postern");
    private final Said said = new Said();
    private final ClusterWorld cluster = ClusterWorld.start();

    private static final class Said extends AppenderBase<ILoggingEvent> {
        private final Queue<String> texts = new ConcurrentLinkedQueue<>();

        @Override
        protected void append(ILoggingEvent event) {
            texts.add(event.getFormattedMessage() + " " + event.getKeyValuePairs());
        }

        String text() {
            return String.join("\n", texts);
        }
    }

    @BeforeEach
    void prepare() {
        said.setContext(logger.getLoggerContext());
        said.start();
        logger.addAppender(said);
        logger.setLevel(Level.TRACE);
        logger.setAdditive(false);
        POSTGRES.execute(
                "orders",
                "drop role if exists k8s_one, k8s_two",
                "create role k8s_one login password 'pass-one' in role orders_backend",
                "create role k8s_two login password 'pass-two' in role orders_backend");
        cluster.api().allowSecret("shop", "orders-app");
    }

    @AfterEach
    void end() {
        cluster.close();
        logger.detachAppender(said);
        logger.setLevel(null);
        logger.setAdditive(true);
        assertThat(cluster.secrets())
                .isNotEmpty()
                .allSatisfy(secret -> assertThat(said.text()).doesNotContain(secret));
    }

    private GatewayFixture gateway() {
        RouteYaml route = RouteYaml.to(POSTGRES, "route", "orders")
                .withCredentials("{secret: {name: orders-app}}")
                .withPool("{mode: transaction, defaultPoolSize: 4}");
        return GatewayFixture.start(
                GatewayYaml.of(
                                route,
                                route.named("other").withCredentials("{secret: {name: not-ours, namespace: other}}"),
                                route.named("fixed")
                                        .withCredentials("{static: {user: " + Tenant.backendRole("orders")
                                                + ", password: " + Tenant.backendPassword("orders") + "}}"))
                        .withMore(
                                cluster.yaml()
                                        + "admin: {consoleUsers: [admin], clientAuth: {scram: {users: {admin: {password: console}}}}}\n"));
    }

    private static void awaitRole(Statements statements, String role) {
        Awaitility.await(role).atMost(SOON).untilAsserted(() -> {
            statements.forgetAnswers();
            statements.awaitMore(20);
            assertThat(statements.answers()).containsExactly(role);
        });
    }

    private static String who(GatewayFixture gateway) {
        try (WireClient client = gateway.connect("route")) {
            return client.ask(WHO);
        }
    }

    /** The row of SHOW CREDENTIALS. */
    private static String credentials(GatewayFixture gateway, String route) {
        try (WireClient console = WireClient.connect(
                gateway.address("pgbouncer").withUser("admin").withPassword("console"))) {
            console.send(FrontendBytes.query("SHOW CREDENTIALS"));
            return console.receiveUntilReady().stream()
                    .filter(message -> message.type() == 'D'
                            && message.columns().getFirst().equals(route))
                    .map(WireMessage::columns)
                    .map(String::valueOf)
                    .collect(Collectors.joining());
        }
    }

    private void awaitWatch() {
        Awaitility.await("a watch").atMost(SOON).until(() -> cluster.api().watches() == 1);
    }

    @Test
    void changesUnderLoadWithoutAFailedStatement() {
        cluster.put("orders-app", "k8s_one", "pass-one");
        try (GatewayFixture gateway = gateway()) {
            try (Statements statements = Statements.start(8, () -> gateway.connect("route"), WHO)) {
                statements.awaitMore(10);
                awaitWatch();
                for (int round = 0; round < 3; round++) {
                    cluster.put("orders-app", "k8s_two", "pass-two");
                    awaitRole(statements, "k8s_two");
                    cluster.put("orders-app", "k8s_one", "pass-one");
                    awaitRole(statements, "k8s_one");
                }
                assertThat(statements.failures()).isEmpty();
            }
            assertThat(gateway.servers("route")).isLessThanOrEqualTo(5);
            gateway.assertClean();
        }
        Awaitility.await("no watch is left").atMost(SOON).untilAsserted(() -> {
            cluster.put("orders-app", "k8s_one", "pass-one"); // the double notices who has gone when it writes
            assertThat(cluster.api().watches()).isZero();
        });
    }

    @Test
    void anApiServerThatIsAwayIsNotMissed() throws Exception {
        cluster.put("orders-app", "k8s_one", "pass-one");
        try (GatewayFixture gateway = gateway()) {
            try (Statements statements = Statements.start(4, () -> gateway.connect("route"), WHO)) {
                statements.awaitMore(10);
                awaitWatch();
                cluster.api().goAway();
                Awaitility.await()
                        .atMost(SOON)
                        .untilAsserted(() -> assertThat(said.text()).contains("kubernetes_watch_failed"));
                // New servers too: the console has the old ones closed.
                long opened = reconnect(gateway);
                statements.awaitMore(200);
                assertThat(gateway.servers("route")).isPositive();
                assertThat(opened).isPositive();
                cluster.put("orders-app", "k8s_two", "pass-two");
                cluster.api().comeBack();
                awaitRole(statements, "k8s_two");
                cluster.api().freeze();
                reconnect(gateway);
                statements.awaitMore(200);
                cluster.put("orders-app", "k8s_one", "pass-one");
                cluster.api().thaw();
                awaitRole(statements, "k8s_one");
                assertThat(statements.failures()).isEmpty();
            }
            gateway.assertClean();
        }
    }

    /** Servers that are there are closed when they come back; how many there were. */
    private static long reconnect(GatewayFixture gateway) {
        long servers = gateway.servers("route");
        try (WireClient console = WireClient.connect(
                gateway.address("pgbouncer").withUser("admin").withPassword("console"))) {
            console.send(FrontendBytes.query("RECONNECT"));
            assertThat(console.receiveUntilReady()).noneMatch(message -> message.type() == 'E');
        }
        return servers;
    }

    @Test
    void aSecretThatIsDeletedOrSpoiledLeavesTheCredential() {
        cluster.put("orders-app", "k8s_one", "pass-one");
        try (GatewayFixture gateway = gateway()) {
            try (Statements statements = Statements.start(2, () -> gateway.connect("route"), WHO)) {
                statements.awaitMore(10);
                awaitWatch();
                cluster.api().delete("shop", "orders-app");
                Awaitility.await()
                        .atMost(SOON)
                        .untilAsserted(() -> assertThat(credentials(gateway, "route"))
                                .contains("secret shop/orders-app")
                                .contains("it does not exist"));
                reconnect(gateway);
                statements.awaitMore(100);
                assertThat(said.text()).contains("credential_read_failed").contains("it does not exist");

                cluster.api().putEncoded("shop", "orders-app", Map.of("username", "azhzX3R3bw==", "password", "%%%"));
                Awaitility.await()
                        .atMost(SOON)
                        .untilAsserted(() ->
                                assertThat(credentials(gateway, "route")).contains("its key password is no base64"));
                reconnect(gateway);
                statements.awaitMore(100);

                cluster.put("orders-app", "k8s_two", "pass-two");
                awaitRole(statements, "k8s_two");
                assertThat(said.text()).contains("credential_read_again");
                assertThat(statements.failures()).isEmpty();
            }
            gateway.assertClean();
        }
    }

    @Test
    void aSecretOfAnotherNamespaceNeedsARightOfItsOwn() {
        cluster.put("orders-app", "k8s_one", "pass-one");
        cluster.api().put("other", "not-ours", Map.of("username", "k8s_two", "password", "pass-two"));
        try (GatewayFixture gateway = gateway()) {
            assertThat(gateway.refusal("other")).isEqualTo("57P03");
            assertThat(credentials(gateway, "other"))
                    .contains("answered 403: secrets \"not-ours\" is forbidden")
                    .contains("in the namespace \"other\"");
            assertThat(who(gateway)).isEqualTo("k8s_one");
            assertThat(gateway.refusal("fixed")).isEmpty();
        }
    }

    @Test
    void aSecretThatIsNotThereYetIsWaitedFor() {
        try (GatewayFixture gateway = gateway()) {
            assertThat(gateway.refusal("route")).isEqualTo("57P03");
            cluster.put("orders-app", "k8s_one", "pass-one");
            Awaitility.await()
                    .atMost(SOON)
                    .ignoreExceptionsInstanceOf(WireClient.LoginRefused.class)
                    .untilAsserted(() -> assertThat(who(gateway)).isEqualTo("k8s_one"));
        }
    }

    @Test
    void aPasswordThatChangesInTheServerFirstIsFoundByTheRefusal() throws Exception {
        cluster.put("orders-app", "k8s_one", "pass-one");
        try (GatewayFixture gateway = gateway()) {
            assertThat(who(gateway)).isEqualTo("k8s_one");
            awaitWatch();
            POSTGRES.execute("orders", "alter role k8s_one password 'pass-three'");
            reconnect(gateway);
            Thread later = Thread.startVirtualThread(() -> {
                Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> true);
                cluster.put("orders-app", "k8s_one", "pass-three");
            });
            assertThat(who(gateway)).isEqualTo("k8s_one");
            later.join();
        }
    }

    @Test
    void theGatewaysOwnTokenMayBeReplaced() {
        cluster.put("orders-app", "k8s_one", "pass-one");
        try (GatewayFixture gateway = gateway()) {
            assertThat(who(gateway)).isEqualTo("k8s_one");
            awaitWatch();
            cluster.replaceToken("eyJ-the-gateways-second-token");
            cluster.api().endWatches();
            cluster.put("orders-app", "k8s_two", "pass-two");
            Awaitility.await()
                    .atMost(SOON)
                    .untilAsserted(() -> assertThat(who(gateway)).isEqualTo("k8s_two"));
        }
    }
}
