package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code maxPreparedStatements}, also when a reload changes it under clients that have statements. */
class StatementLimitIT {
    private GatewayYaml yaml;
    private GatewayFixture gateway;

    @BeforeEach
    void start() {
        yaml = GatewayYaml.of(
                RouteYaml.to(PostgresServers.shared(), "orders", "orders").withPool(pool(50)));
        gateway = GatewayFixture.start(yaml);
    }

    @AfterEach
    void stop() {
        gateway.assertClean();
        gateway.close();
    }

    private static String pool(int limit) {
        return "{mode: transaction, defaultPoolSize: 1, maxPreparedStatements: " + limit + "}";
    }

    private void reload(int limit) {
        yaml = yaml.withRoute(yaml.routes().getFirst().withPool(pool(limit)));
        gateway.reload(yaml);
    }

    private static void prepare(WireClient client, int from, int to) {
        for (int i = from; i < to; i++) {
            client.send(parse("s" + i, "select " + i + " as n"), sync());
            assertThat(client.answers()).containsExactly("1", "Z(I)");
        }
    }

    private static void runAll(WireClient client, int from, int to) {
        for (int i = from; i < to; i++) {
            client.send(bind("", "s" + i), execute(), sync());
            assertThat(client.answers()).containsExactly("2", "D(" + i + ")", "C(SELECT 1)", "Z(I)");
        }
    }

    private static int heldByItsServer(WireClient client) {
        return Integer.parseInt(client.ask("select count(*) from pg_prepared_statements"));
    }

    @Test
    void aServerHoldsNoMoreThanTheLimit() {
        try (WireClient client = gateway.connect("orders");
                WireClient other = gateway.connect("orders")) {
            prepare(client, 0, 120);
            prepare(other, 100, 160);
            assertThat(heldByItsServer(client)).isEqualTo(50);
            runAll(client, 0, 120);
            runAll(other, 100, 160);
            assertThat(heldByItsServer(client)).isEqualTo(50);
        }
    }

    @Test
    void followsAReload() {
        try (WireClient client = gateway.connect("orders")) {
            prepare(client, 0, 40);
            assertThat(heldByItsServer(client)).isEqualTo(40);
            reload(10);
            runAll(client, 0, 40);
            assertThat(heldByItsServer(client)).isLessThanOrEqualTo(10);
            reload(100);
            prepare(client, 40, 90);
            runAll(client, 0, 90);
            assertThat(heldByItsServer(client)).isEqualTo(90);
        }
    }

    /** Those that know statements keep them; for new clients the names are the server's own. */
    @Test
    void passesNamesOnWhereAReloadSwitchesThemOff() {
        try (WireClient client = gateway.connect("orders")) {
            prepare(client, 0, 5);
            reload(0);
            runAll(client, 0, 5);
            try (WireClient fresh = gateway.connect("orders")) {
                fresh.send(parse("plain", "select 'own'"), sync());
                assertThat(fresh.answers()).containsExactly("1", "Z(I)");
                assertThat(fresh.ask("select count(*) from pg_prepared_statements where name = 'plain'"))
                        .isEqualTo("1");
            }
        }
    }
}
