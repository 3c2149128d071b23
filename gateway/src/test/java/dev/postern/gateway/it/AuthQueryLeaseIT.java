package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.credentials.vault.PostgresRoles;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The look-up's own role is a lease of Vault's: it changes, and is taken away, while users log in. */
class AuthQueryLeaseIT {
    private static final int USERS = 60;
    private static PostgresServer server;

    @BeforeAll
    static void start() {
        server = PostgresServers.own();
        server.execute(
                "postgres",
                IntStream.range(0, USERS)
                        .mapToObj(i -> "create role user_" + i + " login password 'secret-" + i + "'")
                        .toArray(String[]::new));
        server.execute("postgres", "create role readers", "grant select on pg_catalog.pg_authid to readers");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static VaultWorld world(Duration ttl, Duration maxTtl) {
        return VaultWorld.start(server)
                .withRole(
                        "lookup",
                        "postgres",
                        "postgres",
                        "",
                        List.of("create role \"{{name}}\" login password '{{password}}' valid until '{{expiration}}'"
                                + " in role readers"),
                        PostgresRoles.BUILT_IN_REVOCATION,
                        ttl,
                        maxTtl);
    }

    private static GatewayFixture gateway(VaultWorld world) {
        return GatewayFixture.start(GatewayYaml.of(RouteYaml.to(server, "orders", "orders")
                        .withClientAuth(
                                "{authQuery: {poolSize: 2, credentials: " + VaultWorld.credentials("lookup") + "}}")
                        .withCredentials("{passThrough: {}}"))
                .withMore("vaultConnections:\n  main: " + world.connection() + "\n"));
    }

    /** Each of them for the first time, so that nobody is remembered. */
    private static void logIn(GatewayFixture gateway, int number) {
        try (WireClient client = WireClient.connect(
                gateway.address("orders").withUser("user_" + number).withPassword("secret-" + number))) {
            assertThat(client.ask("select session_user")).isEqualTo("user_" + number);
        }
    }

    private static void logInAtOnce(GatewayFixture gateway, int from, int to) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> logins = new ArrayList<>();
            for (int i = from; i < to; i++) {
                int number = i;
                logins.add(threads.submit(() -> logIn(gateway, number)));
            }
            for (Future<?> login : logins) {
                login.get();
            }
        }
    }

    /** One for each connection that looks users up. */
    private static List<String> lookUpRoles() {
        return server.column(
                "postgres", "select usename from pg_stat_activity where application_name = 'postern auth_query'");
    }

    @Test
    void changesWhileUsersLogIn() throws Exception {
        try (VaultWorld world = world(Duration.ofSeconds(2), Duration.ofSeconds(4));
                GatewayFixture gateway = gateway(world)) {
            Set<String> roles = new TreeSet<>();
            for (int i = 0; i < USERS / 2; i++) {
                logIn(gateway, i);
                roles.addAll(lookUpRoles());
                Thread.sleep(400); // a user every now and then, over several lives of a role
            }
            assertThat(roles).hasSizeGreaterThan(2).allMatch(role -> role.startsWith("v-"));
            gateway.assertClean();
        }
    }

    @Test
    void isTakenAwayAndNobodyNotices() throws Exception {
        Duration hour = Duration.ofHours(1);
        try (VaultWorld world = world(hour, hour);
                GatewayFixture gateway = gateway(world)) {
            int taken = USERS * 3 / 4;
            logInAtOnce(gateway, USERS / 2, taken);
            assertThat(lookUpRoles()).hasSize(2); // that both have lost their role the pool must know from one
            List<String> before = world.leasedRoles();
            assertThat(before).isNotEmpty();
            world.revokeLeases();
            Awaitility.await()
                    .untilAsserted(() -> assertThat(world.leasedRoles()).doesNotContainAnyElementsOf(before));
            for (int i = taken; i < USERS; i++) {
                logIn(gateway, i);
            }
            gateway.assertClean();
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(
                                server.column("postgres", "select rolname from pg_roles where rolname like 'v-%'"))
                        .isEmpty());
    }
}
