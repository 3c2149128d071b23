package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The database name picks the route: exact names, lists, patterns, {@code *}. */
class RoutingIT {
    private static GatewayFixture gateway;
    private static GatewayYaml yaml;

    @BeforeAll
    static void start() {
        RouteYaml any = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
        yaml = GatewayYaml.of(
                any.named("exact").forDatabases("[shop, shop_alias]"),
                any.named("pattern").forDatabases("[\"tenant_*\"]").withBackendDatabase("$1"),
                any.named("longer").forDatabases("[\"tenant_bill*\"]").withBackendDatabase("bill$1"),
                any.named("everything").forDatabases("[\"*\"]").withBackendDatabase("orders"));
        gateway = GatewayFixture.start(yaml);
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @AfterEach
    void clean() {
        gateway.assertClean();
    }

    @ParameterizedTest
    @CsvSource({
        "shop, exact, orders",
        "shop_alias, exact, orders",
        "tenant_orders, pattern, orders",
        "tenant_billing, longer, billing",
        "whatever, everything, orders",
        "tenant, everything, orders"
    })
    void leadsToItsRoute(String database, String route, String backend) {
        try (WireClient client = gateway.connect(database)) {
            assertThat(client.ask("select current_database()")).isEqualTo(backend);
            assertThat(gateway.poolNames(route)).isNotEmpty();
            assertThat(gateway.activeServers()).isZero();
        }
    }

    @Test
    void theNewRoutesAreInForceAsAWholeAfterAReload() {
        try (WireClient open = gateway.connect("shop")) {
            open.query("begin");
            gateway.reload(yaml.withoutRoute("everything")
                    .withRoute(RouteYaml.to(PostgresServers.shared(), "orders", "billing")
                            .named("exact")
                            .forDatabases("[shop]")
                            .withCredentials("{static: {user: billing_backend, password: billing-backend-secret}}")));
            for (String gone : List.of("shop_alias", "whatever")) {
                assertThat(org.assertj.core.api.Assertions.catchThrowableOfType(
                                        WireClient.LoginRefused.class, () -> gateway.connect(gone))
                                .error()
                                .sqlState())
                        .as(gone)
                        .isEqualTo("28P01");
            }
            assertThat(open.ask("select current_database()")).isEqualTo("orders");
            open.query("commit");
            try (WireClient next = gateway.connect("shop")) {
                assertThat(next.ask("select current_database()")).isEqualTo("billing");
            }
        } finally {
            gateway.reload(yaml);
        }
    }
}
