package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.VaultWorld;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What {@link VaultRotationIT} shows scaled down, in real times and for minutes: {@code scripts/rotation-long}. Two Vaults
 * and their routes at once: a token of 30 s under a lease of an hour, and transactions of 30 s under leases of 20 s that
 * can live for 60 s.
 */
class VaultLongIT {
    private static final int SECONDS = Integer.getInteger("rotation.longSeconds", 0);
    private static final PostgresServer POSTGRES = PostgresServers.shared();

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS) // in its long form: the default is two minutes
    void shortTokensAndLongTransactionsCostNothingForMinutes() throws Exception {
        assumeTrue(SECONDS > 0, "runs for minutes: scripts/rotation-long");
        POSTGRES.execute(
                "orders",
                "create table if not exists long_table (n int)",
                "alter table long_table owner to orders_backend");
        Duration hour = Duration.ofHours(1);
        try (VaultWorld shortTokens = VaultWorld.start(POSTGRES, Duration.ofSeconds(30), Duration.ofSeconds(30))
                        .withRole("short-token", "orders", hour, hour);
                VaultWorld shortLeases = VaultWorld.start(POSTGRES)
                        .withRole("short-lease", "orders", Duration.ofSeconds(20), Duration.ofSeconds(60))) {
            GatewayYaml yaml = GatewayYaml.of(route("short_token", "tokens", 5), route("short_lease", "leases", 20))
                    .withMore("vaultConnections:\n  tokens: " + shortTokens.connection() + "\n  leases: "
                            + shortLeases.connection() + "\n");
            String quick = "select session_user, count(*), pg_sleep(0.02) from long_table";
            // In parts, since the client is impatient and would not wait for one answer of 30 s.
            byte[][] slow = {
                FrontendBytes.query("begin; select session_user, count(*) from long_table"),
                FrontendBytes.query("select pg_sleep(15)"),
                FrontendBytes.query("select pg_sleep(15)"),
                FrontendBytes.query("select session_user, count(*) from long_table; commit")
            };
            try (GatewayFixture gateway = GatewayFixture.start(yaml)) {
                Statements onTokens = Statements.start(8, () -> gateway.connect("short_token"), quick);
                Statements onLeases = Statements.start(20, () -> gateway.connect("short_lease"), slow);
                Thread.sleep(Duration.ofSeconds(SECONDS));
                onTokens.close();
                onLeases.close();
                System.out.printf(
                        "%d s: %d statements under tokens of 30 s, %d tokens, %d roles, failures %s;"
                                + " %d transactions of 30 s under leases of 20 s, at most 60 s: %d roles, failures %s%n",
                        SECONDS,
                        onTokens.count(),
                        shortTokens.logins(),
                        shortTokens.rolesMadeBy("short-token").size(),
                        onTokens.failures(),
                        onLeases.count() / slow.length,
                        shortLeases.rolesMadeBy("short-lease").size(),
                        onLeases.failures());
                assertThat(onTokens.failures()).isEmpty();
                assertThat(onLeases.failures()).isEmpty();
                assertThat(onLeases.count() / slow.length).isGreaterThanOrEqualTo(20L * (SECONDS / 35));
                assertThat(shortTokens.logins()).isGreaterThanOrEqualTo(SECONDS / 30);
                gateway.assertClean();
            }
            assertThat(shortTokens.leasedRoles()).isEmpty();
        } finally {
            POSTGRES.execute("orders", "drop table long_table");
        }
    }

    private static RouteYaml route(String name, String connection, int size) {
        String path = "database/creds/" + name.replace('_', '-');
        return RouteYaml.to(POSTGRES, name, "orders")
                .withCredentials("{vault: {connection: " + connection + ", path: " + path + "}}")
                .withPool("{mode: transaction, defaultPoolSize: " + size + "}");
    }
}
