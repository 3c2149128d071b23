package dev.postern.gateway.it.harness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.config.GatewayConfig;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;

/**
 * A gateway in this process, configured by YAML as an operator would. {@link #assertClean} says after a scenario whether
 * anything of it is left behind.
 */
public final class GatewayFixture implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final GatewayYaml yaml;
    private final GatewayHandle gateway;

    private GatewayFixture(GatewayYaml yaml, GatewayHandle gateway) {
        this.yaml = yaml;
        this.gateway = gateway;
    }

    /** One gateway for all scenarios that do no harm to it; it ends with the JVM. */
    public static GatewayFixture shared() {
        return Shared.GATEWAY;
    }

    /** Starts a gateway; the caller closes it. */
    public static GatewayFixture start(GatewayYaml yaml) {
        Watchdogs.install();
        return new GatewayFixture(yaml, GatewayHandle.start(parse(yaml)));
    }

    private static GatewayConfig parse(GatewayYaml yaml) {
        return switch (new ConfigLoader(Map.of()).parse(yaml.text(), "test.yaml")) {
            case ConfigResult.Loaded loaded -> loaded.config();
            case ConfigResult.Rejected rejected ->
                throw new IllegalArgumentException(rejected.render() + "\n" + yaml.text());
        };
    }

    /** As it was started. */
    public GatewayYaml yaml() {
        return yaml;
    }

    public int tlsPort() {
        return yaml.tlsPort();
    }

    public int plainPort() {
        return yaml.plainPort();
    }

    /** User {@code app} on the TLS listener. */
    public ServerAddress address(String database) {
        return new ServerAddress(
                yaml.tlsPort(), Optional.of(Certificates.shared().clientContext()), "app", "app-secret", database);
    }

    /** User {@code app} on the plaintext listener. */
    public ServerAddress plainAddress(String database) {
        return new ServerAddress(yaml.plainPort(), Optional.empty(), "app", "app-secret", database);
    }

    /** A client that has logged in through TLS. */
    public WireClient connect(String database) {
        return WireClient.connect(address(database));
    }

    /** The SQLSTATE that a login reads in place of its end; empty where it is let in. */
    public String refusal(String database) {
        try {
            connect(database).close();
            return "";
        } catch (WireClient.LoginRefused refused) {
            return refused.error().sqlState();
        }
    }

    /** Applies another configuration; returns when it is in force. */
    public void reload(GatewayYaml changed) {
        gateway.reload(parse(changed));
    }

    /** Begins to drain; the future completes at its end. */
    public CompletableFuture<Void> drain(Duration limit) {
        CompletableFuture<Void> end = gateway.drain(limit);
        Awaitility.await("the drain begins").pollInterval(Duration.ofMillis(5)).until(() -> !gateway.isReady());
        return end;
    }

    /** TLS handshakes under way. */
    public int handshakes() {
        return gateway.handshakes().underWay();
    }

    /** Clients whose handshake has to wait. */
    public int handshakesWaiting() {
        return gateway.handshakes().waiting();
    }

    /** Clients that wait for a server, over all pools. */
    public int waitingClients() {
        return gateway.waitingClients();
    }

    /** Servers that are lent, over all pools. */
    public int activeServers() {
        return gateway.activeServers();
    }

    /** Server connections of a route, idle and active. */
    public int servers(String route) {
        return gateway.servers(route);
    }

    /** The pools of a route, as the status page names them. */
    public java.util.List<String> poolNames(String route) {
        return gateway.poolNames(route);
    }

    /** Limits that pools share, as long as there are such pools. */
    public int sharedLimits() {
        return gateway.sharedLimits();
    }

    public void awaitServers(String route, int count) {
        Awaitility.await(count + " servers of " + route)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> servers(route) == count);
    }

    /** All clients are gone, logged in or not. */
    public void assertNoClients() {
        Awaitility.await("no client is left")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(() -> assertThat(gateway.clients()).isZero());
    }

    /** No client, no waiter, no lent server, no error in the log, no leaked buffer. */
    public void assertClean() {
        assertNoClients();
        Awaitility.await("all servers are given back")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(() -> {
                    assertThat(gateway.waitingClients()).as("waiting clients").isZero();
                    assertThat(gateway.activeServers()).as("active servers").isZero();
                });
        Watchdogs.assertQuiet();
    }

    /** The end of a scenario that has the gateway to itself: it ends also where something is left behind. */
    public void closeClean() {
        try {
            assertClean();
        } finally {
            close();
        }
    }

    @Override
    public void close() {
        gateway.close();
    }

    private static final class Shared {
        static final GatewayFixture GATEWAY = start(yaml());

        static {
            AtExit.run(GATEWAY::close);
        }

        private static GatewayYaml yaml() {
            GatewayYaml yaml = GatewayYaml.of();
            for (String database : Tenant.DATABASES) {
                RouteYaml route = RouteYaml.to(PostgresServers.shared(), database, database)
                        .withPool("{mode: transaction, defaultPoolSize: 5}");
                yaml = yaml.withRoute(route)
                        .withRoute(route.named(database + "_session").withPool("{mode: session, defaultPoolSize: 20}"));
            }
            RouteYaml orders = yaml.routes().getFirst();
            return yaml.withRoute(orders.named("orders_one").withPool("{mode: transaction, defaultPoolSize: 1}"))
                    .withRoute(orders.named("orders_two").withPool("{mode: transaction, defaultPoolSize: 2}"));
        }
    }
}
