package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Three lease lengths without Vault and back, under load, for each way in which a Vault can be away. Each has a Vault of
 * its own, and all are away at once: the test takes no longer than one of them.
 */
class VaultOutagesIT {
    private static final Duration TTL = Duration.ofSeconds(2);
    private static final Duration MAX_TTL = Duration.ofSeconds(6);
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final String READ = "select session_user, count(*) from outage_table";

    /** What becomes of the Vault. */
    private enum Outage {
        /** As after SIGSTOP: it accepts connections and answers nothing. */
        FROZEN,
        /** Answers 503. */
        SEALED,
        /** Connections are refused. */
        KILLED,
        /** 307 to a leader that is not there, 429 to health probes. */
        STANDBY;

        String route() {
            return "leased_" + name().toLowerCase(Locale.ROOT);
        }

        void begin(VaultWorld world) {
            switch (this) {
                case FROZEN -> world.freeze();
                case SEALED -> world.seal();
                case KILLED -> world.goAway();
                case STANDBY -> world.loseLeader();
            }
        }

        void end(VaultWorld world) {
            switch (this) {
                case FROZEN -> world.thaw();
                case SEALED, STANDBY -> world.unseal();
                case KILLED -> world.comeBack();
            }
        }
    }

    /** One Vault, its route, and the clients on it. */
    private static final class Scene implements AutoCloseable {
        final Outage outage;
        final VaultWorld world;
        final List<Statements> clients = new ArrayList<>();
        int receivedBefore;
        List<String> rolesBefore = List.of();

        Scene(Outage outage) {
            this.outage = outage;
            this.world = VaultWorld.start(POSTGRES).withRole("outage-app", "orders", TTL, MAX_TTL);
        }

        RouteYaml route() {
            return RouteYaml.to(POSTGRES, outage.route(), "orders")
                    .withCredentials("{vault: {connection: " + outage.route() + ", path: database/creds/outage-app}}")
                    .withPool("{mode: transaction, defaultPoolSize: 3}");
        }

        void startClients(GatewayFixture gateway) {
            clients.add(Statements.start(2, () -> gateway.connect(outage.route()), READ));
            clients.add(Statements.startTransactions(2, () -> gateway.connect(outage.route()), READ));
            awaitMore(50);
        }

        void awaitMore(int statements) {
            clients.forEach(c -> c.awaitMore(statements));
        }

        void begin() {
            clients.forEach(Statements::forgetAnswers);
            outage.begin(world);
            receivedBefore = world.received();
        }

        void assertNoFailures(String when) {
            assertThat(clients)
                    .as(outage + " " + when)
                    .allSatisfy(c -> assertThat(c.failures()).isEmpty());
        }

        Set<String> roles() {
            return clients.getFirst().answers();
        }

        @Override
        public void close() {
            clients.forEach(Statements::close);
            world.close();
        }
    }

    @BeforeAll
    static void makeTable() {
        POSTGRES.execute(
                "orders",
                "create table if not exists outage_table (n int)",
                "alter table outage_table owner to orders_backend");
    }

    @AfterAll
    static void dropTable() {
        POSTGRES.execute("orders", "drop table outage_table");
    }

    @Test
    void threeLeasesWithoutVaultAndBackCostNoStatementWhateverBecameOfIt() {
        List<Scene> scenes = new ArrayList<>();
        for (Outage outage : Outage.values()) {
            if (outage == Outage.STANDBY && VaultWorld.isReal()) {
                continue; // it is one node alone
            }
            scenes.add(new Scene(outage));
        }
        GatewayYaml yaml = GatewayYaml.of(scenes.stream().map(Scene::route).toArray(RouteYaml[]::new));
        StringBuilder connections = new StringBuilder("vaultConnections:\n");
        scenes.forEach(s -> connections
                .append("  ")
                .append(s.outage.route())
                .append(": ")
                .append(s.world.connection())
                .append("\n"));
        try (GatewayFixture gateway = GatewayFixture.start(yaml.withMore(connections.toString()))) {
            scenes.forEach(s -> s.startClients(gateway));
            scenes.forEach(Scene::begin);
            Duration away = TTL.multipliedBy(3);
            long until = System.nanoTime() + away.toNanos();
            while (System.nanoTime() < until) {
                scenes.forEach(s -> s.awaitMore(20));
            }
            for (Scene scene : scenes) {
                scene.assertNoFailures("while it lasted");
                scene.rolesBefore = scene.world.rolesMadeBy("outage-app");
                // Two may have been on their way when it went, and found it away.
                assertThat(scene.world.received() - scene.receivedBefore - 2)
                        .as(scene.outage + ": fewer than one request a second")
                        .isLessThan((int) away.toSeconds());
            }
            scenes.forEach(s -> s.outage.end(s.world));
            for (Scene scene : scenes) {
                Awaitility.await(scene.outage + ": a new role within 2 s of the return")
                        .atMost(Duration.ofSeconds(2))
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> scene.roles().stream().anyMatch(role -> !scene.rolesBefore.contains(role)));
            }
            scenes.forEach(s -> s.awaitMore(100));
            scenes.forEach(s -> s.assertNoFailures("at its return"));
            scenes.forEach(s -> s.clients.forEach(Statements::close));
            gateway.assertClean();
        } finally {
            scenes.forEach(Scene::close);
        }
    }

    @Test
    void whileTheCredentialIsGoodNewServerConnectionsOpenWithoutVault() {
        try (VaultWorld world = VaultWorld.start(POSTGRES)
                        .withRole("outage-app", "orders", Duration.ofHours(1), Duration.ofHours(1));
                GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(RouteYaml.to(POSTGRES, "leased", "orders")
                                .withCredentials(VaultWorld.credentials("outage-app"))
                                .withPool("{mode: transaction, defaultPoolSize: 3}"))
                        .withMore(world.yaml()));
                WireClient first = gateway.connect("leased")) {
            first.query("begin");
            world.freeze();
            try (WireClient second = gateway.connect("leased");
                    WireClient third = gateway.connect("leased")) {
                second.query("begin");
                assertThat(third.ask("select 1")).isEqualTo("1");
                second.query("commit");
            }
            first.query("commit");
            assertThat(gateway.servers("leased")).isEqualTo(3);
        }
    }
}
