package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A Vault that answers, but refuses because of its quota; and leases that nobody needs. */
class VaultLimitsIT {
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final Duration LONG = Duration.ofHours(1);
    private static final String WHO = "select session_user";

    private static GatewayFixture gateway(String pool, String vaults) {
        return GatewayFixture.start(GatewayYaml.of(RouteYaml.to(POSTGRES, "leased", "orders")
                        .withCredentials(VaultWorld.credentials("limited-app"))
                        .withPool(pool))
                .withMore(vaults));
    }

    @Test
    void aQuotaThatIsOverBeforeTheLeaseIsCostsNothing() {
        try (VaultWorld world = VaultWorld.start(POSTGRES)
                        .withRole("limited-app", "orders", Duration.ofSeconds(8), Duration.ofSeconds(60));
                GatewayFixture gateway = gateway("{mode: transaction, defaultPoolSize: 3}", world.yaml());
                Statements statements = Statements.start(4, () -> gateway.connect("leased"), WHO)) {
            world.limitRate();
            Awaitility.await("a renewal that is refused")
                    .atMost(Duration.ofSeconds(8))
                    .until(() -> world.requests("leases/renew") > 0);
            world.unseal();
            long refused = world.requests("leases/renew");
            Awaitility.await("and one that is not")
                    .atMost(Duration.ofSeconds(8))
                    .until(() -> world.requests("leases/renew") > refused);
            statements.awaitMore(50);
            assertThat(statements.failures()).isEmpty();
            assertThat(statements.answers())
                    .as("the role is the same")
                    .containsExactlyElementsOf(world.rolesMadeBy("limited-app"));
        }
    }

    /**
     * Beyond the lease's end Vault itself drops the role. Clients are told so, in no other words; Vault is asked ever
     * seldomer. How soon there is a role again is drawn at random, up to 30 s as the document says: no shorter limit would be true.
     */
    @Test
    void aQuotaBeyondTheLeasesEndIsToldAsWhatItIsAndEndsByItself() {
        try (VaultWorld world = VaultWorld.start(POSTGRES)
                        .withRole("limited-app", "orders", Duration.ofSeconds(2), Duration.ofSeconds(6));
                GatewayFixture gateway = gateway("{mode: transaction, defaultPoolSize: 3}", world.yaml())) {
            try (WireClient client = gateway.connect("leased")) {
                assertThat(client.ask(WHO)).startsWith("v-");
            }
            Set<String> told = new HashSet<>();
            world.limitRate();
            int before = world.received();
            Duration limited = Duration.ofSeconds(5);
            long until = System.nanoTime() + limited.toNanos();
            while (System.nanoTime() < until) {
                told.add(attempt(gateway));
            }
            assertThat(told).contains("57P03").isSubsetOf("served", "57P03", "57P01");
            assertThat(world.received() - before).isLessThan(20);
            world.unseal();
            Awaitility.await("served again")
                    .atMost(Duration.ofSeconds(32))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> attempt(gateway).equals("served"));
            gateway.assertClean();
        }
    }

    /** What a client that comes now reads in the end. */
    private static String attempt(GatewayFixture gateway) {
        try (WireClient client = gateway.connect("leased")) {
            client.send(FrontendBytes.query(WHO));
            while (true) {
                WireMessage message = client.receive();
                switch (message.type()) {
                    case 'E' -> {
                        return message.sqlState();
                    }
                    case 'Z' -> {
                        return "served";
                    }
                    default -> {}
                }
            }
        } catch (WireClient.LoginRefused refused) {
            return refused.error().sqlState();
        }
    }

    @Test
    void leaseIsGivenBackWhenNobodyUsesItAndAskedForAnew() {
        try (VaultWorld world = VaultWorld.start(POSTGRES).withRole("limited-app", "orders", LONG, LONG)) {
            String vaults = world.yaml().replace("{address:", "{idleAfter: 1s, address:");
            assertThat(vaults).contains("idleAfter");
            try (GatewayFixture gateway =
                    gateway("{mode: transaction, defaultPoolSize: 3, serverIdleTimeout: 1s}", vaults)) {
                String first;
                try (WireClient client = gateway.connect("leased")) {
                    first = client.ask(WHO);
                    client.query("begin");
                    // In use for longer than the time after which it would go.
                    assertThat(client.query("select pg_sleep(2.5)")).contains("C(SELECT 1)");
                    assertThat(world.leasedRoles()).containsExactly(first);
                    client.query("commit");
                }
                Awaitility.await("its last connection is closed, and then its time is over")
                        .atMost(Duration.ofSeconds(10))
                        .until(() -> world.leasedRoles().isEmpty());
                assertThat(world.aliveLeases()).isZero();
                assertThat(gateway.servers("leased")).isZero();
                try (WireClient client = gateway.connect("leased")) {
                    assertThat(client.ask(WHO)).isNotEqualTo(first);
                }
                gateway.assertClean();
            }
            assertThat(world.leasedRoles()).isEmpty();
        }
    }
}
