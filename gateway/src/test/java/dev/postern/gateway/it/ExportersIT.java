package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.Gateway;
import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** PgBouncer's two Prometheus exporters find what they look for. */
class ExportersIT {
    private static final String PYTHON =
            Optional.ofNullable(System.getenv("EXPORTER_PYTHON")).orElse("python3");

    private final GatewayYaml yaml = GatewayYaml.of(
            RouteYaml.to(PostgresServers.shared(), "orders", "orders").withPool("{mode: transaction}"),
            RouteYaml.to(PostgresServers.shared(), "billing", "billing").withPool("{mode: session}"));
    private Gateway gateway;

    @BeforeEach
    void start() throws Exception {
        String text = yaml.text()
                + "admin: {statsUsers: [stats], clientAuth: {scram: {users: {stats: {password: stats-secret}}}}}\n";
        gateway = Gateway.start(((ConfigResult.Loaded) new ConfigLoader(Map.of()).parse(text, "test.yaml")).config());
        try (WireClient client = WireClient.connect(address("app", "app-secret", "orders"))) {
            client.query("select 1");
        }
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    private ServerAddress address(String user, String password, String database) {
        return new ServerAddress(
                yaml.tlsPort(), Optional.of(Certificates.shared().clientContext()), user, password, database);
    }

    /** prometheus-community's, statement by statement: its startup packet, its order, and what makes its scrape fail. */
    @Test
    void theCommunitysExporterFindsItsColumns() {
        Map<String, List<String>> needed = Map.of(
                "SHOW LISTS;", List.of("list", "items"),
                "SHOW CONFIG;", List.of("key", "value", "default", "changeable"),
                "SHOW CLIENTS;", List.of("database", "user", "state", "application_name"),
                "SHOW DATABASES;",
                        List.of(
                                "name",
                                "host",
                                "port",
                                "database",
                                "force_user",
                                "pool_size",
                                "reserve_pool_size",
                                "pool_mode",
                                "max_connections",
                                "current_connections",
                                "paused",
                                "disabled"),
                "SHOW STATS_TOTALS;",
                        List.of(
                                "database",
                                "query_count",
                                "query_time",
                                "bytes_received",
                                "bytes_sent",
                                "xact_count",
                                "xact_time",
                                "wait_time",
                                "server_assignment_count",
                                "client_parse_count",
                                "server_parse_count",
                                "bind_count"),
                "SHOW POOLS;",
                        List.of(
                                "database",
                                "user",
                                "cl_active",
                                "cl_waiting",
                                "cl_active_cancel_req",
                                "cl_waiting_cancel_req",
                                "sv_active",
                                "sv_active_cancel",
                                "sv_being_canceled",
                                "sv_idle",
                                "sv_used",
                                "sv_tested",
                                "sv_login",
                                "maxwait"));
        Map<String, List<String>> labels = Map.of(
                "SHOW DATABASES;", List.of("name", "host", "port", "database", "force_user", "pool_mode"),
                "SHOW STATS_TOTALS;", List.of("database"),
                "SHOW POOLS;", List.of("database", "user"));
        ServerAddress address = address("stats", "stats-secret", "pgbouncer")
                .withParameter("client_encoding", "UTF8")
                .withParameter("datestyle", "ISO, MDY")
                .withParameter("extra_float_digits", "2");
        try (WireClient console = WireClient.connect(address)) {
            for (String statement : List.of(
                    "SHOW STATS",
                    "SHOW VERSION;",
                    "SHOW LISTS;",
                    "SHOW CONFIG;",
                    "SHOW CLIENTS;",
                    "SHOW DATABASES;",
                    "SHOW STATS_TOTALS;",
                    "SHOW POOLS;")) {
                console.send(FrontendBytes.query(statement));
                List<WireMessage> answers = console.receiveUntilReady();
                String description = answers.getFirst().toString();
                assertThat(description).as(statement).startsWith("T(");
                List<String> columns = List.of(
                        description.substring(2, description.length() - 1).split(","));
                List<String> names = columns.stream()
                        .map(column -> column.replaceAll(":.*", ""))
                        .toList();
                assertThat(names).as(statement).containsAll(needed.getOrDefault(statement, List.of()));
                Set<List<String>> seen = new HashSet<>();
                for (WireMessage row : answers.stream()
                        .filter(message -> message.type() == 'D')
                        .toList()) {
                    List<String> own = labels.getOrDefault(statement, names).stream()
                            .peek(label -> assertThat(columns.get(names.indexOf(label)))
                                    .as("labels are texts or integers")
                                    .matches(statement.equals("SHOW STATS") ? ".*" : ".*:(25|23|20)"))
                            .map(label -> row.columns().get(names.indexOf(label)))
                            .toList();
                    assertThat(seen.add(own))
                            .as("%s has %s once", statement, own)
                            .isTrue();
                }
                assertThat(seen).as(statement).isNotEmpty();
                if (statement.equals("SHOW VERSION;")) {
                    assertThat(names).containsExactly("version");
                }
            }
        }
    }

    /** Spreaker's, the program itself: of PyPI, unmodified. */
    @Test
    void spreakersExporterIsGreen() throws Exception {
        Process there = new ProcessBuilder(PYTHON, "-c", "import prometheus_pgbouncer_exporter, psycopg2").start();
        assumeTrue(
                there.waitFor() == 0,
                "prometheus-pgbouncer-exporter is not installed for " + PYTHON
                        + " (scripts/exporter-python installs it)");
        int port = FreePorts.one();
        Path config = TemporaryFolders.create("exporter").resolve("config.yml");
        Files.writeString(config, """
                exporter_host: 127.0.0.1
                exporter_port: %d
                pgbouncers:
                  - dsn: postgresql://stats:stats-secret@localhost:%d/pgbouncer?sslmode=require
                    connect_timeout: 5
                """.formatted(port, yaml.tlsPort()));
        Process exporter = new ProcessBuilder(
                        PYTHON, "-m", "prometheus_pgbouncer_exporter.cli", "--config", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(config.resolveSibling("log").toFile())
                .start();
        assertGreen(
                exporter,
                port,
                metrics -> assertThat(metrics)
                        .containsPattern("(?m)^pgbouncer_up(\\{[^}]*})? 1.0$")
                        .containsPattern("(?m)^pgbouncer_stats_queries_total\\{database=\"orders\"[^}]*} 1.0$")
                        .containsPattern("(?m)^pgbouncer_pools_client_maxwait_seconds\\{[^}]*database=\"orders\"")
                        .containsPattern("(?m)^pgbouncer_databases_database_pool_size\\{[^}]*\"orders\"[^}]*} 20.0$")
                        .containsPattern("(?m)^pgbouncer_config_max_client_conn(\\{[^}]*})? 10000.0$"));
    }

    /** The community's, the program itself, unmodified, where somebody has built it. */
    @Test
    void theCommunitysExporterIsGreen() throws Exception {
        String program = System.getenv("PGBOUNCER_EXPORTER");
        assumeTrue(program != null, "PGBOUNCER_EXPORTER does not name a prometheus-community/pgbouncer_exporter");
        int port = FreePorts.one();
        Process exporter = new ProcessBuilder(
                        program,
                        "--web.listen-address=127.0.0.1:" + port,
                        "--pgBouncer.connectionString=postgres://stats:stats-secret@localhost:" + yaml.tlsPort()
                                + "/pgbouncer?sslmode=require")
                .redirectErrorStream(true)
                .redirectOutput(
                        TemporaryFolders.create("exporter").resolve("log").toFile())
                .start();
        assertGreen(
                exporter,
                port,
                metrics -> assertThat(metrics)
                        .containsPattern("(?m)^pgbouncer_up 1$")
                        .containsPattern("(?m)^pgbouncer_version_info\\{version=\"[^\"]+\"} 1$")
                        .containsPattern("(?m)^pgbouncer_stats_totals_queries_pooled_total\\{database=\"orders\"} 1$")
                        .containsPattern(
                                "(?m)^pgbouncer_pools_client_maxwait_seconds\\{database=\"orders\",user=\"[^\"]*\"} ")
                        .containsPattern("(?m)^pgbouncer_databases_pool_size\\{[^}]*name=\"orders\"[^}]*} 20$")
                        .containsPattern("(?m)^pgbouncer_config_max_client_connections 10000$"));
    }

    /** Its metrics come to be these within a time in which it can have started. Ends it. */
    private static void assertGreen(Process exporter, int port, Consumer<String> metrics) {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                    .timeout(Duration.ofSeconds(5))
                    .build();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .untilAsserted(() -> metrics.accept(
                            http.send(request, BodyHandlers.ofString()).body()));
        } finally {
            exporter.destroyForcibly();
        }
    }
}
