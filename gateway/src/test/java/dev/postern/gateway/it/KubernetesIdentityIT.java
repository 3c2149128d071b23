package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.ClusterWorld;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tenants' own ServiceAccounts, whose tokens the gateway asks the cluster for, as identities at Vault. */
class KubernetesIdentityIT {
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofSeconds(3);
    private static final String WHO = "select session_user";

    private final ClusterWorld cluster = ClusterWorld.start();

    @AfterEach
    void stop() {
        cluster.close();
    }

    /** Vault's roles are bound to one account each, and their policies to one path. */
    private VaultWorld world(Duration tokenTtl, Duration tokenMaxTtl) {
        VaultWorld world = VaultWorld.inACluster(POSTGRES, LONG, Duration.ZERO);
        for (String tenant : List.of("acme", "globex")) {
            world.withRole(tenant + "-app", tenant.equals("acme") ? "orders" : "billing", LONG, LONG);
            world.vault()
                    .putKubernetesRole(
                            "tenant-" + tenant,
                            tenant,
                            tokenTtl,
                            tokenMaxTtl,
                            "database/creds/" + tenant + "-app",
                            "sys/leases/*");
            cluster.api().allow("create", "serviceaccounts/token", "shop", tenant);
            cluster.api().putAccount("shop", tenant, (audiences, life) -> {
                assertThat(audiences).containsExactly("vault");
                return world.vault().serviceAccountToken(tenant, life);
            });
        }
        return world;
    }

    private GatewayYaml yaml(VaultWorld world, String acmesAccount) {
        return GatewayYaml.of(
                        RouteYaml.to(POSTGRES, "acme", "orders")
                                .withCredentials("{vault: {connection: acme, path: database/creds/acme-app}}"),
                        RouteYaml.to(POSTGRES, "globex", "billing")
                                .withCredentials("{vault: {connection: globex, path: database/creds/globex-app}}"))
                .withMore(cluster.yaml() + "vaultConnections:\n  acme: "
                        + connection(world, "tenant-acme", acmesAccount) + "\n  globex: "
                        + connection(world, "tenant-globex", "globex") + "\n");
    }

    private static String connection(VaultWorld world, String role, String account) {
        return "{address: \"" + world.server().address() + "\", caFile: "
                + Certificates.shared().caFile() + ", auth: {kubernetes: {role: " + role + ", serviceAccount: {name: "
                + account + "}}}}";
    }

    private static String who(GatewayFixture gateway, String route) {
        try (WireClient client = gateway.connect(route)) {
            return client.ask(WHO);
        }
    }

    private long asked(String account) {
        return cluster.api().requests("POST /api/v1/namespaces/shop/serviceaccounts/" + account + "/token");
    }

    @Test
    void eachTenantIsItselfAtVault() {
        try (VaultWorld world = world(LONG, LONG);
                GatewayFixture gateway = GatewayFixture.start(yaml(world, "acme"))) {
            assertThat(who(gateway, "acme")).isIn(world.rolesMadeBy("acme-app"));
            assertThat(asked("acme")).isEqualTo(1);
            assertThat(asked("globex")).isZero();
            assertThat(who(gateway, "globex")).isIn(world.rolesMadeBy("globex-app"));
            assertThat(asked("acme")).isEqualTo(1);
            assertThat(asked("globex")).isEqualTo(1);
            assertThat(cluster.api().given()).doesNotHaveDuplicates().hasSize(2);
            gateway.assertClean();
        }
    }

    @Test
    void oneTenantsAccountIsNotAnothersAtVault() {
        try (VaultWorld world = world(LONG, LONG);
                GatewayFixture gateway = GatewayFixture.start(yaml(world, "globex"))) {
            assertThat(gateway.refusal("acme")).isEqualTo("57P03");
            assertThat(who(gateway, "globex")).isIn(world.rolesMadeBy("globex-app"));
            assertThat(world.rolesMadeBy("acme-app")).isEmpty();
        }
    }

    @Test
    void withoutTheTenantsConsentThereIsNoToken() {
        try (VaultWorld world = world(LONG, LONG)) {
            cluster.api().forbid("create", "serviceaccounts/token", "shop", "acme");
            try (GatewayFixture gateway = GatewayFixture.start(yaml(world, "acme"))) {
                assertThat(gateway.refusal("acme")).isEqualTo("57P03");
                assertThat(who(gateway, "globex")).isIn(world.rolesMadeBy("globex-app"));
                cluster.api().allow("create", "serviceaccounts/token", "shop", "acme");
                Awaitility.await()
                        .atMost(Duration.ofSeconds(15))
                        .ignoreExceptionsInstanceOf(WireClient.LoginRefused.class)
                        .untilAsserted(() -> assertThat(who(gateway, "acme")).isIn(world.rolesMadeBy("acme-app")));
            }
        }
    }

    @Test
    void logsInAgainWithTheKeptTokenWhileTheClusterIsAway() {
        try (VaultWorld world = world(SHORT, SHORT);
                GatewayFixture gateway = GatewayFixture.start(yaml(world, "acme"))) {
            try (Statements statements = Statements.start(2, () -> gateway.connect("acme"), WHO)) {
                statements.awaitMore(10);
                cluster.api().goAway();
                int before = world.vault().logins();
                Awaitility.await("two more logins")
                        .atMost(Duration.ofSeconds(15))
                        .until(() -> world.vault().logins() >= before + 2);
                statements.awaitMore(100);
                assertThat(statements.failures()).isEmpty();
            }
            assertThat(asked("acme")).isEqualTo(1);
            gateway.assertClean();
        }
    }
}
