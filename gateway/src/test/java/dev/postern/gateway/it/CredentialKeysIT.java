package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.Tenant;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Keys that choose where credentials come from, each through the gateway to a server: Secrets, and the ways in to Vault. */
class CredentialKeysIT {
    private static final Duration LONG = Duration.ofHours(1);
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final String WHO = "select session_user";

    private final Path folder = TemporaryFolders.create("credentials");

    private static GatewayFixture gateway(String credentials, String more) {
        return GatewayFixture.start(
                GatewayYaml.of(RouteYaml.to(POSTGRES, "route", "orders").withCredentials(credentials))
                        .withMore(more));
    }

    // ---- Kubernetes Secrets

    /** As kubelet does: a new folder, and one rename of the link that leads to it. */
    private void mount(String version, String user, String password) throws Exception {
        Path data = Files.createDirectories(folder.resolve("mounted").resolve(".." + version));
        Files.writeString(data.resolve("username"), user);
        Files.writeString(data.resolve("password"), password);
        Path link = folder.resolve("mounted").resolve("..data");
        Files.createSymbolicLink(link.resolveSibling("..data_tmp"), data.getFileName());
        Files.move(
                link.resolveSibling("..data_tmp"),
                link,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        for (String key : new String[] {"username", "password"}) {
            Path name = link.resolveSibling(key);
            if (!Files.isSymbolicLink(name)) {
                Files.createSymbolicLink(name, Path.of("..data", key));
            }
        }
    }

    @Test
    void changedSecretIsUsedWithoutAnError() throws Exception {
        POSTGRES.execute(
                "orders",
                "drop role if exists secret_one, secret_two",
                "create role secret_one login password 'one' in role orders_backend",
                "create role secret_two login password 'two' in role orders_backend");
        mount("1", "secret_one", "one");
        try (GatewayFixture gateway = gateway("{secret: {directory: " + folder.resolve("mounted") + "}}", "")) {
            try (Statements statements = Statements.start(4, () -> gateway.connect("route"), WHO)) {
                statements.awaitMore(10);
                assertThat(statements.answers()).containsExactly("secret_one");
                mount("2", "secret_two", "two");
                Awaitility.await()
                        .atMost(Duration.ofSeconds(10))
                        .until(() -> statements.answers().contains("secret_two"));
                Awaitility.await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
                    statements.forgetAnswers();
                    statements.awaitMore(20);
                    assertThat(statements.answers()).containsExactly("secret_two");
                });
                assertThat(statements.failures()).isEmpty();
            }
            gateway.assertClean();
        }
    }

    @Test
    void secretThatIsNotThereYetIsWaitedFor() throws Exception {
        Files.createDirectories(folder.resolve("mounted"));
        try (GatewayFixture gateway = gateway("{secret: {directory: " + folder.resolve("mounted") + "}}", "")) {
            assertThat(gateway.refusal("route")).isEqualTo("57P03");
            mount("1", Tenant.backendRole("orders"), Tenant.backendPassword("orders"));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .ignoreExceptionsInstanceOf(WireClient.LoginRefused.class)
                    .untilAsserted(() -> assertThat(who(gateway)).isEqualTo(Tenant.backendRole("orders")));
        }
    }

    private static String who(GatewayFixture gateway) {
        try (WireClient client = gateway.connect("route")) {
            return client.ask(WHO);
        }
    }

    // ---- ways in to Vault

    private static String vault(VaultWorld world, String keys) {
        return "vaultConnections:\n  main: {address: \"" + world.server().address() + "\", caFile: "
                + Certificates.shared().caFile() + ", " + keys + "}\n";
    }

    private void servesALeasedRole(VaultWorld world, String keys) {
        try (GatewayFixture gateway = gateway(VaultWorld.credentials("orders-app"), vault(world, keys))) {
            assertThat(who(gateway)).startsWith("v-");
            assertThat(world.vault().logins()).isPositive();
            gateway.assertClean();
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(world.leasedRoles()).isEmpty());
    }

    private static VaultWorld world() {
        return VaultWorld.inACluster(POSTGRES, LONG, Duration.ZERO).withRole("orders-app", "orders", LONG, LONG);
    }

    @Test
    void logsInToVaultByJwt() throws Exception {
        try (VaultWorld world = world()) {
            world.vault().putLoginRole("", "jwt", "gateway", LONG, "database/*", "sys/leases/*");
            Path token = Files.writeString(folder.resolve("jwt"), world.vault().jwt("", LONG));
            servesALeasedRole(world, "auth: {jwt: {role: gateway, tokenFile: " + token + "}}");
        }
    }

    @Test
    void logsInToVaultByItsCertificate() {
        Certificates.KeyPairFiles own = Certificates.shared().issueForClient("vault-client", "gateway");
        try (VaultWorld world = world()) {
            world.vault().putLoginRole("", "cert", "gateway", LONG, "database/*", "sys/leases/*");
            servesALeasedRole(
                    world,
                    "certFile: " + own.certificate() + ", keyFile: " + own.key() + ", auth: {cert: {role: gateway}}");
        }
    }

    @Test
    void logsInToVaultByAWrappedSecretIdThatIsGoodOnce() throws Exception {
        try (VaultWorld world = world();
                HttpClient http = HttpClient.newBuilder()
                        .sslContext(Certificates.shared().clientContext())
                        .build()) {
            world.vault().putAppRole("gateway", "role-id", "unused", LONG, Duration.ZERO, "database/*", "sys/leases/*");
            String answer = http.send(
                            HttpRequest.newBuilder(URI.create(
                                            world.server().address() + "/v1/auth/approle/role/gateway/secret-id"))
                                    .header("X-Vault-Token", "s.root")
                                    .header("X-Vault-Wrap-TTL", "60s")
                                    .POST(HttpRequest.BodyPublishers.ofString("{}"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            String wrapping = answer.replaceFirst("(?s).*\"wrap_info\":\\{[^}]*\"token\":\"([^\"]+)\".*", "$1");
            Path file = Files.writeString(folder.resolve("wrapped"), wrapping);
            String keys = "auth: {appRole: {roleId: role-id, secretIdFile: " + file + ", wrapped: true}}";
            servesALeasedRole(world, keys);
            // Somebody else has used it: the gateway starts, and says so to nobody but the operator.
            try (GatewayFixture second = gateway(VaultWorld.credentials("orders-app"), vault(world, keys))) {
                assertThat(second.refusal("route")).isEqualTo("57P03");
            }
        }
    }

    @Test
    void readsTheKvEntryOfItsOwnNamespace() throws Exception {
        try (VaultWorld world = world()) {
            world.vault().addNamespace("team-a");
            world.vault().putLoginRole("team-a", "jwt", "gateway", LONG, "secret/*");
            world.vault()
                    .putKvIn(
                            "team-a",
                            "secret",
                            2,
                            "orders",
                            Tenant.backendRole("orders"),
                            Tenant.backendPassword("orders"));
            Path token = Files.writeString(folder.resolve("jwt"), world.vault().jwt("team-a", LONG));
            String keys = "namespace: team-a, auth: {jwt: {role: gateway, tokenFile: " + token + "}}";
            try (GatewayFixture gateway =
                    gateway("{vault: {connection: main, path: secret/data/orders}}", vault(world, keys))) {
                assertThat(who(gateway)).isEqualTo(Tenant.backendRole("orders"));
            }
        }
    }
}
