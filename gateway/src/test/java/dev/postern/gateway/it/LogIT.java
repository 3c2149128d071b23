package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.postern.gateway.Gateway;
import dev.postern.gateway.StartFailure;
import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.Tenant;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the log says, and what it never says. */
class LogIT {
    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.postern");
    private final Events events = new Events();
    private final GatewayYaml yaml = GatewayYaml.of(RouteYaml.to(PostgresServers.shared(), "orders", "orders")
            .withPool("{mode: transaction, defaultPoolSize: 1}"));
    private Gateway gateway;

    private static final class Events extends AppenderBase<ILoggingEvent> {
        private final Queue<ILoggingEvent> all = new ConcurrentLinkedQueue<>();

        @Override
        protected void append(ILoggingEvent event) {
            all.add(event);
        }

        List<Map<String, String>> named(String name) {
            return all.stream()
                    .filter(event -> event.getMessage().equals(name))
                    .map(Events::pairs)
                    .toList();
        }

        private static Map<String, String> pairs(ILoggingEvent event) {
            return event.getKeyValuePairs().stream()
                    .collect(Collectors.toMap(pair -> pair.key, pair -> String.valueOf(pair.value)));
        }

        String text() {
            return all.stream()
                    .map(event -> event.getFormattedMessage() + " " + event.getKeyValuePairs() + " "
                            + (event.getThrowableProxy() == null
                                    ? ""
                                    : event.getThrowableProxy().getMessage()))
                    .collect(Collectors.joining("\n"));
        }
    }

    @BeforeEach
    void start() throws StartFailure {
        events.setContext(logger.getLoggerContext());
        events.start();
        logger.addAppender(events);
        logger.setLevel(Level.TRACE);
        logger.setAdditive(false); // the console of a test run stays readable
        ConfigResult config = new ConfigLoader(Map.of()).parse(yaml.text(), "test.yaml");
        gateway = Gateway.start(((ConfigResult.Loaded) config).config());
    }

    /** A client may read its answer a moment before the event is written. */
    private Map<String, String> first(String event) {
        return Awaitility.await(event)
                .until(() -> events.named(event), found -> !found.isEmpty())
                .getFirst();
    }

    private ServerAddress orders() {
        return new ServerAddress(
                yaml.tlsPort(), Optional.of(Certificates.shared().clientContext()), "app", "app-secret", "orders");
    }

    @AfterEach
    void stop() {
        gateway.close();
        logger.detachAppender(events);
        logger.setLevel(null);
        logger.setAdditive(true);
    }

    @Test
    void tellsOfALoginUnderFixedKeys() {
        WireClient.connect(orders()).close();
        Map<String, String> login = first("client_login");
        assertThat(login)
                .containsOnlyKeys(
                        "client", "listener", "user", "database", "route", "method", "tls", "cipher", "superuser")
                .containsEntry("listener", "tls")
                .containsEntry("user", "app")
                .containsEntry("database", "orders")
                .containsEntry("route", "orders")
                .containsEntry("method", "scram-sha-256")
                .containsEntry("tls", "TLSv1.3");
        assertThat(login.get("client")).matches("127\\.0\\.0\\.1:\\d+");
        assertThat(first("server_opened"))
                .containsOnlyKeys("server", "route", "database", "pid", "tls", "generation")
                .containsEntry("route", "orders")
                .containsEntry("tls", "true");
    }

    @Test
    void tellsWhyALoginWasRefused() {
        assertThatThrownBy(() ->
                        WireClient.connect(orders().withDatabase("ord\ners")).close())
                .isInstanceOf(WireClient.LoginRefused.class);
        assertThat(first("client_refused"))
                .containsOnlyKeys(
                        "client",
                        "listener",
                        "user",
                        "database",
                        "route",
                        "method",
                        "tls",
                        "cipher",
                        "reason",
                        "detail")
                .containsEntry("user", "app")
                .containsEntry("database", "ord\ners")
                .containsEntry("route", "")
                .containsEntry("reason", "unknown_database");
    }

    @Test
    void saysNothingOfSecretsAndSql() {
        assertThatThrownBy(() -> WireClient.connect(orders().withPassword("wrong-secret"))
                        .close())
                .isInstanceOf(WireClient.LoginRefused.class);
        try (WireClient client = WireClient.connect(orders())) {
            client.query("select 'sql-marker'");
            client.query("select sql_marker_that_fails");
            client.send(
                    FrontendBytes.parse("sql_marker_name", "select 'sql-marker' || $1"),
                    FrontendBytes.bind("", "sql_marker_name", "sql-marker-value"),
                    FrontendBytes.execute("", 0),
                    FrontendBytes.sync());
            client.receiveUntilReady();
            client.query("begin");
            client.query("insert into sql_marker values (1)");
        }
        try (WireClient client = WireClient.connect(orders())) {
            client.send(new byte[] {'!', 0, 0, 0, 4});
            client.receiveUntilClosed();
        }
        Awaitility.await().until(() -> gateway.clients().open() == 0);
        assertThat(gateway.drain(Duration.ZERO, Duration.ofSeconds(5))).isTrue();
        assertThat(events.named("client_login")).hasSize(2);
        assertThat(events.named("client_refused")).isNotEmpty();
        assertThat(events.named("client_closed")).isNotEmpty();
        assertThat(events.text())
                .contains("drain_ends")
                .doesNotContain("app-secret", "wrong-secret", Tenant.backendPassword("orders"))
                .doesNotContainIgnoringCase("SCRAM-SHA-256$")
                .doesNotContainIgnoringCase("sql-marker")
                .doesNotContainIgnoringCase("sql_marker")
                .doesNotContainIgnoringCase("select ");
    }
}
