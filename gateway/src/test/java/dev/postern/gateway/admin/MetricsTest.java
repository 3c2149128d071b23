package dev.postern.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private static final String POOL = "{database=\"orders\",route=\"orders\"}";

    @Test
    void writesEveryMetricOfTheGateway() throws IOException {
        assertThat(lines(Reports.of("orders")))
                .contains(
                        "postern_build_info{java=\"25.0.3\",transport=\"epoll\",version=\"1.2.3\"} 1.0",
                        "postern_start_time_seconds 1000000.0",
                        "postern_ready 1.0",
                        "postern_clients_open 11.0",
                        "postern_clients_logged_in 12.0",
                        "postern_clients_limit 13.0",
                        "postern_clients_before_login 54.0",
                        "postern_clients_before_login_limit 55.0",
                        "postern_log_events_dropped_total{log=\"audit\"} 56.0",
                        "postern_client_connections_accepted_total 14.0",
                        "postern_client_logins_total 15.0",
                        "postern_cancel_requests_total 16.0",
                        "postern_client_refusals_total{reason=\"bad_password\"} 17.0",
                        "postern_buffer_memory_bytes 18.0",
                        "postern_event_loop_lag_seconds{loop=\"0\"} 0.02",
                        "postern_certificate_not_after_seconds{certificate=\"/tls/tls.crt\",listener=\"public\"}"
                                + " 2000000.0",
                        "postern_pool_size" + POOL + " 21.0",
                        "postern_credential_generation{route=\"orders\"} 22.0",
                        "postern_credential_left_seconds{route=\"orders\"} 23.0",
                        "postern_credential_retiring{route=\"orders\"} 24.0",
                        "postern_credential_last_rotation_timestamp_seconds{route=\"orders\"} 25.0",
                        "postern_credential_last_error_timestamp_seconds{route=\"orders\"} 26.0",
                        "postern_credential_state{route=\"orders\",state=\"ready\"} 1.0",
                        "postern_credential_state{route=\"orders\",state=\"failing\"} 0.0",
                        "postern_pool_clients" + POOL + " 31.0",
                        "postern_pool_clients_pinned" + POOL + " 30.0",
                        "postern_pool_clients_listening" + POOL + " 29.0",
                        "postern_pool_clients_waiting" + POOL + " 32.0",
                        "postern_pool_clients_active" + POOL + " 33.0",
                        "postern_pool_servers{database=\"orders\",route=\"orders\",state=\"active\"} 33.0",
                        "postern_pool_servers{database=\"orders\",route=\"orders\",state=\"idle\"} 34.0",
                        "postern_pool_servers{database=\"orders\",route=\"orders\",state=\"tested\"} 35.0",
                        "postern_pool_servers{database=\"orders\",route=\"orders\",state=\"opening\"} 36.0",
                        "postern_pool_longest_wait_seconds" + POOL + " 37.5",
                        "postern_pool_checkouts_total" + POOL + " 38.0",
                        "postern_pool_wait_seconds_total" + POOL + " 39.0",
                        "postern_server_opened_total" + POOL + " 40.0",
                        "postern_server_failures_total{database=\"orders\",reason=\"unreachable\",route=\"orders\"}"
                                + " 41.0",
                        "postern_server_closed_total{database=\"orders\",reason=\"lifetime\",route=\"orders\"} 42.0",
                        "postern_transactions_total" + POOL + " 43.0",
                        "postern_queries_total" + POOL + " 44.0",
                        "postern_transaction_seconds_total" + POOL + " 45.0",
                        "postern_query_seconds_total" + POOL + " 46.0",
                        "postern_client_received_bytes_total" + POOL + " 47.0",
                        "postern_client_sent_bytes_total" + POOL + " 48.0",
                        "postern_prepared_statements" + POOL + " 49.0",
                        "postern_prepared_statements_bytes" + POOL + " 50.0",
                        "postern_prepared_statements_memory_bytes 19.0",
                        "postern_prepared_statements_memory_limit_bytes 20.0",
                        "postern_client_parses_total" + POOL + " 51.0",
                        "postern_server_parses_total" + POOL + " 52.0",
                        "postern_binds_total" + POOL + " 53.0");
        List<String> lines = lines(Reports.of("orders"));
        assertThat(Metric.values())
                .allSatisfy(metric -> assertThat(lines)
                        .as("samples of %s", metric)
                        .anyMatch(line -> line.matches(metric.scrapedName() + "[ {].*")));
    }

    @Test
    void saysWhatItMeasures() throws IOException {
        List<String> lines = lines(Reports.of("orders"));
        assertThat(lines)
                .contains("# TYPE postern_queries_total counter", "# TYPE postern_pool_servers gauge")
                .anyMatch(line -> line.startsWith("# HELP postern_pool_servers "));
    }

    @Test
    void isNotReadyDuringADrain() throws IOException {
        assertThat(lines(Reports.of("orders", Optional.of("draining")))).contains("postern_ready 0.0");
    }

    @Test
    void escapesADatabaseNameThatAClientChose() throws IOException {
        assertThat(lines(Reports.of("a\"b\\c\nd")))
                .contains("postern_pool_clients{database=\"a\\\"b\\\\c\\nd\",route=\"orders\"} 31.0");
    }

    @Test
    void tellsTheMemoryOfTheJvm() throws IOException {
        assertThat(lines(Reports.of("orders")))
                .anyMatch(line -> line.startsWith("jvm_memory_used_bytes{"))
                .anyMatch(line -> line.startsWith("jvm_buffer_memory_used_bytes{id=\"direct\""));
    }

    @Test
    void showsNoRouteThatIsGone() throws IOException {
        SomeGateway gateway = new SomeGateway(Reports.of("orders"));
        Metrics metrics = new Metrics(gateway);
        metrics.scrape();
        GatewayReport with = gateway.report;
        gateway.report = new GatewayReport(
                with.build(),
                with.startedAt(),
                with.notReady(),
                with.clients(),
                with.memory(),
                with.droppedEvents(),
                with.loops(),
                with.listeners(),
                List.of());
        assertThat(text(metrics)).doesNotContain("route=\"orders\"").contains("postern_ready");
    }

    private static List<String> lines(GatewayReport report) throws IOException {
        return Arrays.asList(text(new Metrics(new SomeGateway(report))).split("\n"));
    }

    private static String text(Metrics metrics) throws IOException {
        return new String(metrics.scrape(), StandardCharsets.UTF_8);
    }
}
