package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What clients see while Vault is away. TTL 2 s, max TTL 6 s. */
class VaultOutageIT {
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final String WHO = "select session_user";

    private static GatewayFixture gateway(VaultWorld world) {
        return GatewayFixture.start(GatewayYaml.of(
                        RouteYaml.to(POSTGRES, "leased", "orders")
                                .withCredentials(VaultWorld.credentials("orders-app"))
                                .withPool("{mode: transaction, defaultPoolSize: 3}"),
                        RouteYaml.to(POSTGRES, "plain_billing", "billing"))
                .withMore(world.yaml()));
    }

    private static VaultWorld world() {
        return VaultWorld.start(POSTGRES)
                .withRole("orders-app", "orders", Duration.ofSeconds(2), Duration.ofSeconds(6));
    }

    @Test
    void startsWithoutVaultServesOtherRoutesAndThisOneSoonAfterItsReturn() throws Exception {
        try (VaultWorld world = world()) {
            world.goAway();
            try (GatewayFixture gateway = gateway(world)) {
                assertThatThrownBy(() -> gateway.connect("leased"))
                        .isInstanceOfSatisfying(
                                WireClient.LoginRefused.class,
                                refused -> assertThat(refused.error()).hasToString("E(FATAL 57P03)"));
                try (WireClient other = gateway.connect("plain_billing")) {
                    assertThat(other.ask("select 1")).isEqualTo("1");
                }
                world.comeBack();
                Awaitility.await("served after Vault's return")
                        .atMost(Duration.ofSeconds(4))
                        .ignoreExceptionsInstanceOf(WireClient.LoginRefused.class)
                        .until(() -> {
                            try (WireClient client = gateway.connect("leased")) {
                                return client.ask(WHO).startsWith("v-");
                            }
                        });
            }
        }
    }

    @Test
    void openConnectionsServeOnForThreeLeasesWithoutVault() throws Exception {
        try (VaultWorld world = world();
                GatewayFixture gateway = gateway(world);
                Statements statements = Statements.start(6, () -> gateway.connect("leased"), WHO)) {
            statements.awaitMore(50);
            world.goAway();
            statements.forgetAnswers();
            long until = System.nanoTime() + Duration.ofSeconds(6).toNanos();
            while (System.nanoTime() < until) {
                statements.awaitMore(20);
            }
            assertThat(statements.failures()).isEmpty();
            String before = only(statements.answers());

            world.comeBack();
            Awaitility.await("a new role after Vault's return")
                    .atMost(Duration.ofSeconds(2))
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> statements.answers().stream().anyMatch(role -> !role.equals(before)));
            statements.awaitMore(100);
            assertThat(statements.failures()).isEmpty();
            assertThat(world.leasedRoles()).doesNotContain(before);
        }
    }

    private static String only(Set<String> answers) {
        assertThat(answers).hasSize(1);
        return answers.iterator().next();
    }
}
