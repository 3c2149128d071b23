package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.WireClient;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which route a client takes, by what it says: host name, option, database; each through a real handshake and login. */
class RoutesIT {
    private static final String WHERE = "select current_database()";
    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        gateway = GatewayFixture.start(GatewayYaml.of(
                route("a", "orders", "{databases: [shared], serverNames: [a.db.test]}"),
                route("b", "billing", "{databases: [shared], serverNames: [b.db.test]}"),
                route("plain", "orders", "{databases: [orders, orders_alias]}"),
                route("pattern", "billing", "{databases: [\"tenant_*_x\"], serverNames: [pattern.db.test]}")
                        .withBackendDatabase("\"$1\""),
                route("host", "billing", "{serverNames: [\"*.tenants.test\"]}").withBackendDatabase("\"$1\"")));
    }

    private static RouteYaml route(String name, String database, String match) {
        return RouteYaml.to(PostgresServers.shared(), name, database).withMatch(match);
    }

    @AfterAll
    static void stop() {
        try {
            gateway.assertClean();
        } finally {
            gateway.close();
        }
    }

    private static WireClient connect(String serverName, String database, String options) {
        ServerAddress address = new ServerAddress(gateway.tlsPort(), Optional.empty(), "app", "app-secret", database);
        WireClient client = WireClient.open(gateway.tlsPort());
        client.startTls(Certificates.shared().clientContext(), parameters -> {
            if (!serverName.isEmpty()) {
                parameters.setServerNames(List.of(new SNIHostName(serverName)));
            }
        });
        return client.login(options.isEmpty() ? address : address.withParameter("options", options));
    }

    private static String where(String serverName, String database, String options) {
        try (WireClient client = connect(serverName, database, options)) {
            return client.ask(WHERE);
        }
    }

    private static String refusal(String serverName, String database, String options) {
        WireClient.LoginRefused refused = catchThrowableOfType(
                WireClient.LoginRefused.class,
                () -> connect(serverName, database, options).close());
        assertThat(refused).as("%s %s %s", serverName, database, options).isNotNull();
        return refused.error().sqlState() + " " + refused.error().fields().getOrDefault('H', "no hint");
    }

    @Test
    void twoHostNamesOnOneAddressLeadToTwoBackends() {
        assertThat(where("a.db.test", "shared", "")).isEqualTo("orders");
        assertThat(where("B.DB.test", "shared", "")).isEqualTo("billing");
        assertThat(refusal("", "shared", "")).startsWith("28P01");
        assertThat(refusal("c.db.test", "shared", "")).startsWith("28P01");
    }

    @Test
    void aClientWithoutAServerNameOrWithAnotherIsRoutedByDatabase() {
        assertThat(where("", "orders", "")).isEqualTo("orders");
        assertThat(where("elsewhere.test", "orders_alias", "")).isEqualTo("orders");
    }

    @Test
    void aRouteCanBeNamedInTheOptions() {
        assertThat(where("", "shared", "-c postern.route=a")).isEqualTo("orders");
        assertThat(where("", "shared", "-cpostern.route=b")).isEqualTo("billing");
        assertThat(where("", "shared", "--postern.route=b -c statement_timeout=5s"))
                .isEqualTo("billing");
        assertThat(where("b.db.test", "shared", "endpoint=b")).isEqualTo("billing");
        assertThat(refusal("", "shared", "endpoint=nowhere")).startsWith("28P01");
        try (WireClient client = connect("", "shared", "endpoint=a -c work_mem=123kB")) {
            assertThat(client.ask("show work_mem")).isEqualTo("123kB");
        }
    }

    @Test
    void contradictionsAreToldToClientsThatHaveProvedThemselves() {
        assertThat(refusal("a.db.test", "orders", ""))
                .isEqualTo(
                        "28000 The database \"orders\" is not served under this host name or route: connect to another"
                                + " database, or under the host name of this one.");
        assertThat(refusal("a.db.test", "shared", "endpoint=b"))
                .isEqualTo(
                        "28000 The server name and the route named in options do not go together: leave the route out of"
                                + " options, or connect under a host name of that route.");
        // Of a route whose database is made of the client's words too.
        assertThat(refusal("pattern.db.test", "other", "")).startsWith("28000 The database \"other\" is not served");
        WireClient.LoginRefused stranger = catchThrowableOfType(WireClient.LoginRefused.class, () -> {
            ServerAddress address = new ServerAddress(gateway.tlsPort(), Optional.empty(), "app", "wrong", "orders");
            WireClient client = WireClient.open(gateway.tlsPort());
            client.startTls(
                    Certificates.shared().clientContext(),
                    parameters -> parameters.setServerNames(List.of(new SNIHostName("a.db.test"))));
            client.login(address).close();
        });
        assertThat(stranger.error().sqlState()).isEqualTo("28P01");
    }

    @Test
    void whatAStarStoodForNamesTheBackendsDatabase() {
        assertThat(where("", "tenant_billing_x", "")).isEqualTo("billing");
        assertThat(where("billing.tenants.test", "whatever", "")).isEqualTo("billing");
        assertThat(refusal("", "whatever", "endpoint=host"))
                .isEqualTo("28000 Connect under a host name of that route: its database is named there.");
        assertThat(where("billing.tenants.test", "whatever", "endpoint=host")).isEqualTo("billing");
    }
}
