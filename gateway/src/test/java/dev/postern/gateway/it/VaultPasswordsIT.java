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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Roles that stay while their password changes: static roles, KV version 1 and 2, in a namespace too. Each server
 * connection serves one transaction, so that every one of them is a login.
 */
class VaultPasswordsIT {
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final String ROLE = "kept_role";
    private static final String ONE_LOGIN_EACH = "{mode: transaction, defaultPoolSize: 3, serverLifetime: 0s}";
    private static final String WHO = "select session_user";

    @BeforeEach
    void makeRole() {
        POSTGRES.execute("orders", "create role " + ROLE + " login password 'first'");
    }

    @AfterEach
    void dropRole() {
        POSTGRES.execute("orders", "drop role " + ROLE);
    }

    private static GatewayFixture gateway(String vault, String connections) {
        return GatewayFixture.start(GatewayYaml.of(RouteYaml.to(POSTGRES, "kept", "orders")
                        .withCredentials("{vault: " + vault + "}")
                        .withPool(ONE_LOGIN_EACH))
                .withMore(connections));
    }

    private static void changePassword(String to) {
        POSTGRES.execute("orders", "alter role " + ROLE + " password '" + to + "'");
    }

    @Test
    void staticRoleWhosePasswordChangesByTimeAndByHandCostsNoStatement() {
        try (VaultWorld world = VaultWorld.start(POSTGRES)
                        .withStaticRole("kept", ROLE, Duration.ofSeconds(2), Duration.ofMillis(40));
                GatewayFixture gateway = gateway("{connection: main, path: database/static-creds/kept}", world.yaml());
                Statements statements = Statements.start(3, () -> gateway.connect("kept"), WHO)) {
            long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
            while (System.nanoTime() < until) {
                statements.awaitMore(20);
            }
            world.rotateStaticRole("kept");
            statements.awaitMore(100);

            assertThat(statements.failures()).isEmpty();
            assertThat(statements.answers()).containsExactly(ROLE);
        }
    }

    @Test
    void sessionOutlivesTheChangeOfItsPassword() {
        try (VaultWorld world = VaultWorld.start(POSTGRES)
                        .withStaticRole("kept", ROLE, Duration.ofHours(1), Duration.ofMillis(40));
                GatewayFixture gateway = gateway("{connection: main, path: database/static-creds/kept}", world.yaml());
                WireClient client = gateway.connect("kept")) {
            client.query("begin");
            world.rotateStaticRole("kept");
            assertThat(client.ask(WHO)).isEqualTo(ROLE);
            assertThat(client.query("commit")).contains("C(COMMIT)");
        }
    }

    @Test
    void kvVersionOne() {
        kvEntryThatChangesIsReadAgainWhenItsPasswordIsRefused(1, "kv/kept");
    }

    @Test
    void kvVersionTwo() {
        kvEntryThatChangesIsReadAgainWhenItsPasswordIsRefused(2, "secret/data/kept");
    }

    private void kvEntryThatChangesIsReadAgainWhenItsPasswordIsRefused(int version, String path) {
        try (VaultWorld world = VaultWorld.start(POSTGRES)) {
            world.putKv(version, "kept", ROLE, "first");
            try (GatewayFixture gateway = gateway("{connection: main, path: " + path + "}", world.yaml());
                    Statements statements = Statements.start(3, () -> gateway.connect("kept"), WHO)) {
                statements.awaitMore(20);
                changePassword("second");
                world.putKv(version, "kept", ROLE, "second");
                statements.awaitMore(20);

                assertThat(statements.failures()).isEmpty();
                assertThat(statements.answers()).containsExactly(ROLE);
            }
        }
    }

    @Test
    void namespaceGoesWithEveryRequest() {
        try (VaultWorld world = VaultWorld.start(POSTGRES)) {
            world.putKv(2, "kept", "somebody_else", "wrong");
            world.putKvIn("team-a", "kept", ROLE, "first");
            String connection = world.connection().replaceFirst("\\{", "{namespace: team-a, ");
            try (GatewayFixture gateway = gateway(
                            "{connection: main, path: secret/data/kept}",
                            "vaultConnections: {main: " + connection + "}\n");
                    WireClient client = gateway.connect("kept")) {
                assertThat(client.ask(WHO)).isEqualTo(ROLE);
            }
        }
    }
}
