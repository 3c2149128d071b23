package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.Gateway;
import dev.postern.gateway.StartFailure;
import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.WireClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the admin server says of a gateway with clients. */
class AdminIT {
    private static final String POOL = "{database=\"orders\",route=\"orders\"}";

    private final HttpClient http = HttpClient.newHttpClient();
    private static final RouteYaml ORDERS = RouteYaml.to(PostgresServers.shared(), "orders", "orders")
            .withPool("{mode: transaction, defaultPoolSize: 1}");
    private final GatewayYaml yaml = GatewayYaml.of(
                    ORDERS, ORDERS.named("closed").withMore("access: {allowCidrs: [203.0.113.0/24]}"))
            .withTimeouts("{clientLoginTimeout: 3s}")
            .withMore("throttle: {userFailures: 1, longestPause: 1h}\n");
    private Gateway gateway;

    @BeforeEach
    void start() throws StartFailure {
        gateway = Gateway.start(config(yaml, "127.0.0.1:0"));
    }

    @AfterEach
    void stop() {
        gateway.close();
        http.close();
    }

    private static GatewayConfig config(GatewayYaml yaml, String admin) {
        String text = yaml.text() + "admin: {address: \"" + admin + "\"}\n";
        return ((ConfigResult.Loaded) new ConfigLoader(Map.of()).parse(text, "test.yaml")).config();
    }

    private WireClient connect(String password) {
        return WireClient.connect(new ServerAddress(
                yaml.tlsPort(), Optional.of(Certificates.shared().clientContext()), "app", password, "orders"));
    }

    @Test
    void countsWhatClientsDo() throws Exception {
        try (WireClient client = connect("app-secret");
                WireClient waiter = connect("app-secret")) {
            assertThat(client.ask("select 1")).isEqualTo("1");
            client.query("begin");
            waiter.send(FrontendBytes.query("select 2"));
            awaitMetric("postern_pool_clients_waiting" + POOL, 1);
            assertThat(metric("postern_pool_clients" + POOL)).isEqualTo(2);
            assertThat(metric("postern_pool_clients_active" + POOL)).isEqualTo(1);
            assertThat(metric("postern_pool_servers{database=\"orders\",route=\"orders\",state=\"active\"}"))
                    .isEqualTo(1);
            assertThat(metric("postern_pool_longest_wait_seconds" + POOL)).isPositive();
            client.query("commit");
            assertThat(waiter.receiveUntilReady()).isNotEmpty();
            awaitMetric("postern_transactions_total" + POOL, 3);
        }
        assertThat(metric("postern_queries_total" + POOL)).isEqualTo(4);
        assertThat(metric("postern_client_logins_total")).isEqualTo(2);
        assertThat(metric("postern_server_opened_total" + POOL)).isEqualTo(1);
        assertThat(metric("postern_pool_wait_seconds_total" + POOL)).isPositive();
        assertThat(metric("postern_client_received_bytes_total" + POOL)).isPositive();
        assertThat(metric("postern_client_sent_bytes_total" + POOL)).isPositive();
        assertThat(metric("postern_certificate_not_after_seconds\\{[^}]*listener=\"tls\"}"))
                .isGreaterThan(System.currentTimeMillis() / 1e3);
        awaitMetric("postern_clients_open", 0);
    }

    @Test
    void countsRefusals() throws Exception {
        assertThatThrownBy(() -> connect("wrong").close()).isInstanceOf(WireClient.LoginRefused.class);
        awaitMetric("postern_client_refusals_total{reason=\"bad_password\"}", 1);
        assertThat(metric("postern_client_logins_total")).isZero();
    }

    /** What an operator looks at when somebody tries the doors. */
    @Test
    void countsWhatBecomesOfStrangersByReason() throws Exception {
        refused("app-secret", "closed");
        refused("app-secret", "nowhere");
        for (int i = 0; i < 8; i++) {
            refused("wrong", "orders");
        }
        try (WireClient plain = WireClient.open(yaml.tlsPort())) {
            plain.send(FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("user", "app", "database", "orders")));
            assertThat(plain.receiveUntilClosed()).hasToString("[E(FATAL 28000)]");
        }
        try (WireClient noHandshake = WireClient.open(yaml.tlsPort())) {
            noHandshake.send(FrontendBytes.sslRequest());
            noHandshake.receiveByte();
            noHandshake.send(new byte[] {0x16, 3, 1, 0, 4, 9, 9, 9, 9});
            noHandshake.receiveUntilClosed();
        }
        try (WireClient silent = WireClient.open(yaml.tlsPort())) {
            awaitMetric("postern_clients_before_login", 1);
            silent.receiveUntilClosed();
            assertThat(metric("postern_client_refusals_total{reason=\"login_timeout\"}"))
                    .isPositive();
        }
        for (String reason : List.of("access_denied", "unknown_database", "tls_required", "tls_handshake")) {
            awaitMetric("postern_client_refusals_total{reason=\"" + reason + "\"}", 1);
        }
        assertThat(metric("postern_client_refusals_total{reason=\"bad_password\"}"))
                .isPositive();
        assertThat(metric("postern_client_refusals_total{reason=\"login_throttled\"}"))
                .isPositive();
        assertThat(metric("postern_logins_delayed_total")).isPositive();
        assertThat(metric("postern_tls_handshakes{state=\"under_way\"}")).isZero();
        assertThat(metric("postern_tls_handshakes{state=\"waiting\"}")).isZero();
        assertThat(metric("postern_log_events_dropped_total{log=\"log\"}")).isZero();
        assertThat(metric("postern_client_logins_total")).isZero();
        awaitMetric("postern_clients_before_login", 0);
    }

    private void refused(String password, String database) {
        assertThatThrownBy(() -> WireClient.connect(new ServerAddress(
                                yaml.tlsPort(),
                                Optional.of(Certificates.shared().clientContext()),
                                "app",
                                password,
                                database))
                        .close())
                .isInstanceOf(WireClient.LoginRefused.class);
    }

    @Test
    void keepsCountingOverAReload() throws Exception {
        try (WireClient client = connect("app-secret")) {
            client.query("select 1");
            RouteYaml changed = yaml.routes().getFirst().withPool("{mode: transaction, defaultPoolSize: 2}");
            gateway.reload(config(yaml.withRoute(changed), "127.0.0.1:0"));
            AtomicInteger queries = new AtomicInteger(1);
            // A query that arrives together with the reload may still be the old server's.
            Awaitility.await().until(() -> {
                client.query("select 1");
                queries.incrementAndGet();
                return metric("postern_server_opened_total" + POOL) == 2;
            });
            awaitMetric("postern_server_closed_total{database=\"orders\",reason=\"shutdown\",route=\"orders\"}", 1);
            awaitMetric("postern_queries_total" + POOL, queries.get());
            assertThat(metric("postern_pool_size" + POOL)).isEqualTo(2);
        }
    }

    @Test
    void tellsALoadBalancerOfADrainAtOnce() throws Exception {
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        try (WireClient client = connect("app-secret")) {
            client.query("begin");
            CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(
                    () -> gateway.drain(Duration.ofSeconds(1), Duration.ofSeconds(10)), Thread::startVirtualThread);
            Awaitility.await()
                    .atMost(Duration.ofMillis(900))
                    .until(() -> get("/readyz").statusCode() == 503);
            assertThat(get("/readyz").body()).isEqualTo("draining\n");
            assertThat(get("/healthz").statusCode()).isEqualTo(200);
            client.send(FrontendBytes.query("commit"));
            assertThat(drained.get(15, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void showsAPageWithoutSecrets() throws Exception {
        connect("app-secret").close();
        HttpResponse<String> page = get("/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body())
                .contains("<td>orders</td>", "127.0.0.1:" + yaml.tlsPort())
                .doesNotContain("app-secret", "secret");
        assertThat(get("/metrics").body()).doesNotContain("app-secret");
    }

    @Test
    void saysInOneLineThatThePortIsTaken() {
        int taken = gateway.adminPort().orElseThrow();
        GatewayYaml other = GatewayYaml.of(yaml.routes().getFirst());
        assertThatThrownBy(
                        () -> Gateway.start(config(other, "127.0.0.1:" + taken)).close())
                .isInstanceOf(StartFailure.class)
                .hasMessage("cannot listen on 127.0.0.1:" + taken + " (admin): Address already in use");
    }

    private void awaitMetric(String sample, double value) {
        Awaitility.await(sample + " " + value)
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(metric(sample)).isEqualTo(value));
    }

    /** The value of the sample, whose labels are literal unless escaped as a pattern. */
    private double metric(String sample) throws Exception {
        String pattern = sample.contains("\\{") ? sample : Pattern.quote(sample);
        Matcher matcher = Pattern.compile("^" + pattern + " (\\S+)$", Pattern.MULTILINE)
                .matcher(get("/metrics").body());
        return matcher.find() ? Double.parseDouble(matcher.group(1)) : Double.NaN;
    }

    private HttpResponse<String> get(String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + gateway.adminPort().orElseThrow() + path);
        HttpRequest request =
                HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).build();
        return http.send(request, BodyHandlers.ofString());
    }
}
