package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RoleWatch;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Many tenants on one server, each with a Vault path of its own: what is one's never becomes another's. */
class VaultTenantsIT {
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final Duration LONG = Duration.ofHours(1);
    private static final String POOL = "{mode: transaction, defaultPoolSize: 3}";
    private static final String WHO = "select session_user";

    private static RouteYaml route(String name, String database, String connection, String role) {
        return RouteYaml.to(POSTGRES, name, database)
                .withCredentials("{vault: {connection: " + connection + ", path: database/creds/" + role + "}}")
                .withPool(POOL);
    }

    @Test
    void noTenantsRoleEverServesAnotherWhileAllRotateUnderLoad() {
        List<String> roles = List.of("tenant-a", "tenant-b", "tenant-c");
        try (VaultWorld world = VaultWorld.start(POSTGRES)
                .withRole("tenant-a", "orders", Duration.ofSeconds(2), Duration.ofSeconds(5))
                .withRole("tenant-b", "billing", Duration.ofSeconds(2), Duration.ofSeconds(5))
                // The second one on the same database, so that only the role tells the two apart.
                .withRole("tenant-c", "billing", Duration.ofSeconds(2), Duration.ofSeconds(5))) {
            GatewayYaml yaml = GatewayYaml.of(
                            route("tenant_a", "orders", "main", "tenant-a"),
                            route("tenant_b", "billing", "main", "tenant-b"),
                            route("tenant_c", "billing", "main", "tenant-c"))
                    .withMore(world.yaml());
            try (GatewayFixture gateway = GatewayFixture.start(yaml);
                    RoleWatch orders = RoleWatch.start(POSTGRES, "orders");
                    RoleWatch billing = RoleWatch.start(POSTGRES, "billing")) {
                List<Statements> load = new ArrayList<>();
                for (String role : roles) {
                    // Every client of every tenant has the same name, app.
                    String database = role.replace('-', '_');
                    load.add(Statements.start(4, () -> gateway.connect(database), WHO));
                }
                Awaitility.await("three roles for each tenant")
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> roles.stream()
                                .allMatch(r -> world.rolesMadeBy(r).size() >= 3));
                load.forEach(tenant -> tenant.awaitMore(50));
                load.forEach(Statements::close);
                for (int i = 0; i < roles.size(); i++) {
                    assertThat(load.get(i).failures()).isEmpty();
                    assertThat(world.rolesMadeBy(roles.get(i)))
                            .as("who the server said the clients of " + roles.get(i) + " are")
                            .containsAll(load.get(i).answers());
                }
                assertThat(leased(orders)).isNotEmpty().isSubsetOf(world.rolesMadeBy("tenant-a"));
                List<String> ofBilling = new ArrayList<>(world.rolesMadeBy("tenant-b"));
                ofBilling.addAll(world.rolesMadeBy("tenant-c"));
                assertThat(leased(billing)).isNotEmpty().isSubsetOf(ofBilling);
                gateway.assertClean();
            }
        }
    }

    /** Leased roles that pg_stat_activity showed in the database at any time. */
    private static List<String> leased(RoleWatch watch) {
        assertThat(watch.failures()).isEmpty();
        return watch.roles().keySet().stream()
                .filter(role -> role.startsWith("v-"))
                .toList();
    }

    @Test
    void identityOfOneTenantReadsNoPathOfAnother() {
        try (VaultWorld world = VaultWorld.start(POSTGRES)
                .withRole("tenant-a", "orders", LONG, LONG)
                .withRole("tenant-b", "billing", LONG, LONG)) {
            String connections = "vaultConnections:\n  a: "
                    + world.connectionFor("a", "database/creds/tenant-a", "sys/leases/*") + "\n  b: "
                    + world.connectionFor("b", "database/creds/tenant-b", "sys/leases/*") + "\n";
            GatewayYaml yaml = GatewayYaml.of(
                            route("tenant_a", "orders", "a", "tenant-a"),
                            route("tenant_b", "billing", "b", "tenant-b"),
                            route("wrong", "billing", "a", "tenant-b"))
                    .withMore(connections);
            try (GatewayFixture gateway = GatewayFixture.start(yaml);
                    WireClient a = gateway.connect("tenant_a");
                    WireClient b = gateway.connect("tenant_b")) {
                assertThat(world.rolesMadeBy("tenant-a")).containsExactly(a.ask(WHO));
                assertThat(world.rolesMadeBy("tenant-b")).containsExactly(b.ask(WHO));
                assertThatThrownBy(() -> gateway.connect("wrong"))
                        .isInstanceOfSatisfying(WireClient.LoginRefused.class, refused -> {
                            assertThat(refused.error()).hasToString("E(FATAL 57P03)");
                            assertThat(refused.error().fields().get('M'))
                                    .contains("credential", "not there yet")
                                    .doesNotContain("tenant-b", "403", "vault");
                        });
                assertThat(world.logins()).isEqualTo(2);
                assertThat(a.ask(WHO)).isEqualTo(world.rolesMadeBy("tenant-a").getFirst());
            }
            assertThat(world.leasedRoles()).isEmpty();
        }
    }

    @Test
    void fiveHundredRoutesLeaseWhatIsUsedWithinTheBoundAndABrokenPathDelaysNobody() throws Exception {
        int used = 40;
        VaultWorld building = VaultWorld.start(POSTGRES);
        List<RouteYaml> routes = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            building.withRole("many-" + i, "orders", LONG, LONG);
            routes.add(route("many_" + i, "orders", "main" + (i % 3 + 1), "many-" + i));
        }
        routes.add(route("broken", "orders", "main1", "no-such-role"));
        GatewayYaml yaml = GatewayYaml.of(routes.toArray(RouteYaml[]::new)).withMore(building.yaml(3));
        try (VaultWorld world = building;
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try (GatewayFixture gateway = GatewayFixture.start(yaml)) {
                assertThat(world.received()).as("nobody has asked for anything").isZero();
                long begun = System.nanoTime();
                CompletableFuture<Object> broken = CompletableFuture.supplyAsync(
                        () -> {
                            try (WireClient client = gateway.connect("broken")) {
                                return client;
                            } catch (WireClient.LoginRefused refused) {
                                return refused.error();
                            }
                        },
                        threads);
                List<Future<String>> answers = new ArrayList<>();
                for (int i = 0; i < used; i++) {
                    String name = "many_" + i;
                    answers.add(threads.submit(() -> {
                        try (WireClient client = gateway.connect(name)) {
                            return client.ask(WHO);
                        }
                    }));
                }
                for (int i = 0; i < used; i++) {
                    String answer = answers.get(i).get(20, TimeUnit.SECONDS);
                    assertThat(world.rolesMadeBy("many-" + i)).containsExactly(answer);
                }
                double seconds = (System.nanoTime() - begun) / 1e9;
                assertThat(broken.get(10, TimeUnit.SECONDS)).hasToString("E(FATAL 57P03)");
                // A burst of 20 requests and 20 a second for each connection.
                assertThat(world.received()).isLessThanOrEqualTo((int) (3 * (20 + 20 * seconds)));
                assertThat(world.aliveLeases()).isEqualTo(used);
            }
            assertThat(world.leasedRoles()).as("after the stop").isEmpty();
            assertThat(world.aliveLeases()).isZero();
        }
    }
}
