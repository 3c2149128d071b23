package dev.postern.gateway.config;

import static dev.postern.gateway.config.ConfigFixture.MINIMAL;
import static dev.postern.gateway.config.ConfigFixture.loaded;
import static dev.postern.gateway.config.ConfigFixture.problems;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The keys under credentials and vaultConnections, and what is said of wrong values. */
class CredentialKeysTest {
    private static String route(String backend, String credentials) {
        return MINIMAL.replace("{static: {user: app}}", credentials).replace("{hosts: [\"pg-a:5432\"]}", backend);
    }

    private static String rds(String keys) {
        return route("{hosts: [db], tls: {mode: require}}", "{rdsIam: {user: app" + keys + "}}");
    }

    private static String vault(String keys) {
        return MINIMAL + "vaultConnections: {main: {" + keys + "}}\n";
    }

    @Test
    void readsRdsIam() {
        CredentialsConfig credentials = loaded(rds(", region: eu-west-1, endpoint: \"db.abc:5433\""))
                .routes()
                .getFirst()
                .credentials();
        assertThat(credentials)
                .isEqualTo(new CredentialsConfig.RdsIam(
                        "app",
                        Optional.of("eu-west-1"),
                        Optional.of(new BackendHost("db.abc", 5433)),
                        Optional.empty(),
                        Optional.empty()));
    }

    @Test
    void rdsIamNeedsTlsAndOneServer() {
        assertThat(problems(route("{hosts: [db]}", "{rdsIam: {user: app}}")))
                .singleElement()
                .asString()
                .contains("routes[0].backend.tls.mode: is prefer, and the token of rdsIam is sent as it is");
        assertThat(problems(route("{hosts: [a, b], tls: {mode: require}}", "{rdsIam: {user: app}}")))
                .singleElement()
                .asString()
                .contains("routes[0].credentials.rdsIam: is signed for one server");
        assertThat(problems(route("{hosts: [a, b], tls: {mode: require}}", "{rdsIam: {user: app, endpoint: db.abc}}")))
                .isEmpty();
        assertThat(problems(rds(", region: Frankfurt")))
                .singleElement()
                .asString()
                .contains("rdsIam.region: is no region");
        assertThat(problems(rds(", roleArn: tenant")))
                .singleElement()
                .asString()
                .contains("rdsIam.roleArn: is no role");
        assertThat(problems(rds(", externalId: x"))).singleElement().asString().contains("externalId: stands without");
    }

    @Test
    void tokensOfOtherCloudsNeedTlsToo() {
        for (String key : new String[] {"azureEntra", "cloudSqlIam"}) {
            assertThat(problems(route("{hosts: [a, b]}", "{" + key + ": {user: app}}")))
                    .singleElement()
                    .asString()
                    .contains("routes[0].backend.tls.mode: is prefer, and the token of " + key);
            assertThat(problems(route("{hosts: [a, b], tls: {mode: require}}", "{" + key + ": {user: app}}")))
                    .isEmpty();
        }
    }

    @Test
    void readsSecrets() {
        assertThat(loaded(route("{hosts: [db]}", "{secret: {directory: orders, userKey: uri.user}}"))
                        .routes()
                        .getFirst()
                        .credentials())
                .isEqualTo(new CredentialsConfig.Secret(
                        Optional.of(new Folder(Path.of("/etc/postern/orders"))),
                        Optional.empty(),
                        Optional.empty(),
                        "uri.user",
                        "password"));
        for (String key : new String[] {"../other", "..data", ".", "a/b", "\"\""}) {
            assertThat(problems(route("{hosts: [db]}", "{secret: {directory: /s, passwordKey: " + key + "}}")))
                    .as(key)
                    .singleElement()
                    .asString()
                    .contains("passwordKey: is no key of a Secret");
        }
    }

    @Test
    void readsSecretsOfTheApi() {
        GatewayConfig config = loaded(route("{hosts: [db]}", "{secret: {name: orders-app, namespace: shop}}")
                + "kubernetesApi: {address: \"https://10.0.0.1:6443\", tokenFile: /t, caFile: /c, namespace: db}\n");
        assertThat(config.routes().getFirst().credentials())
                .isEqualTo(new CredentialsConfig.Secret(
                        Optional.empty(), Optional.of("orders-app"), Optional.of("shop"), "username", "password"));
        assertThat(config.kubernetesApi())
                .isEqualTo(new KubernetesApiConfig(
                        URI.create("https://10.0.0.1:6443"), Path.of("/t"), Path.of("/c"), Optional.of("db")));
        assertThat(loaded(MINIMAL).kubernetesApi()).isEqualTo(KubernetesApiConfig.DEFAULTS);
    }

    @Test
    void aSecretIsMountedOrOfTheApi() {
        for (String[] keysAndProblem : new String[][] {
            {"{}", "secret: says not which Secret"},
            {"{directory: /s, name: a}", "secret: has both directory and name"},
            {"{directory: /s, namespace: a}", "namespace: stands beside directory"},
            {"{name: ../other}", "name: is no name of a Secret"},
            {"{name: Orders}", "name: is no name of a Secret"},
            {"{name: a, namespace: a.b}", "namespace: is no name of a namespace"},
        }) {
            assertThat(problems(route("{hosts: [db]}", "{secret: " + keysAndProblem[0] + "}")))
                    .as(keysAndProblem[0])
                    .singleElement()
                    .asString()
                    .contains(keysAndProblem[1]);
        }
        assertThat(problems(MINIMAL + "kubernetesApi: {address: \"http://10.0.0.1\"}\n"))
                .singleElement()
                .asString()
                .contains("kubernetesApi.address: is no https address");
    }

    @Test
    void aSecretsFolderHasToBeOne(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("postern.yaml");
        java.nio.file.Files.writeString(folder.resolve("a-file"), "");
        for (String[] nameAndProblem :
                new String[][] {{"a-file", "is a file, not a folder"}, {"missing", "does not exist"}}) {
            java.nio.file.Files.writeString(
                    file, route("{hosts: [db]}", "{secret: {directory: " + nameAndProblem[0] + "}}"));
            assertThat(new ConfigLoader(Map.of()).load(file))
                    .isInstanceOfSatisfying(
                            ConfigResult.Rejected.class,
                            rejected -> assertThat(rejected.render())
                                    .contains("routes[0].credentials.secret.directory: \"" + nameAndProblem[0] + "\" "
                                            + nameAndProblem[1]));
        }
    }

    @Test
    void readsEveryWayInToVault() {
        assertThat(loaded(vault("address: \"https://v:8200\", auth: {jwt: {role: r, tokenFile: /t}}"))
                        .vaultConnections()
                        .values())
                .singleElement()
                .satisfies(connection ->
                        assertThat(connection.auth()).isEqualTo(new VaultAuthConfig.Jwt("r", Path.of("/t"), "jwt")));
        assertThat(loaded(vault("address: \"https://v:8200\", certFile: /c, keyFile: /k, auth: {cert: {}}"))
                        .vaultConnections()
                        .values())
                .singleElement()
                .satisfies(connection -> {
                    assertThat(connection.auth()).isEqualTo(new VaultAuthConfig.Cert(Optional.empty(), "cert"));
                    assertThat(connection.certFile()).contains(Path.of("/c"));
                });
        assertThat(loaded(
                                vault(
                                        "address: \"http://v:8200\", auth: {appRole: {roleId: r, secretIdFile: /s, wrapped: true}}"))
                        .vaultConnections()
                        .values())
                .singleElement()
                .satisfies(connection -> assertThat(connection.auth())
                        .isEqualTo(new VaultAuthConfig.AppRole("r", Path.of("/s"), true, "approle")));
    }

    @Test
    void readsAnotherAccountsIdentity() {
        String account = "address: \"https://v:8200\", auth: {kubernetes: {role: tenant-a, serviceAccount: %s}}";
        assertThat(loaded(vault(account.formatted("{name: app, namespace: team-a}")))
                        .vaultConnections()
                        .values())
                .singleElement()
                .satisfies(connection -> assertThat(connection.auth())
                        .isEqualTo(new VaultAuthConfig.Kubernetes(
                                "tenant-a",
                                "kubernetes",
                                VaultAuthConfig.Kubernetes.DEFAULT_TOKEN_FILE,
                                Optional.of(
                                        new ServiceAccountConfig("app", Optional.of("team-a"), List.of("vault"))))));
        for (String[] keysAndProblem : new String[][] {
            {"{name: App}", "serviceAccount.name: is no name of a ServiceAccount"},
            {"{name: app, namespace: /}", "serviceAccount.namespace: is no name of a namespace"},
            {"{name: app, audiences: [\"\"]}", "serviceAccount.audiences: has an empty one"},
            {"{name: app}, tokenFile: /t", "kubernetes.tokenFile: stands beside serviceAccount"},
        }) {
            assertThat(problems(vault(account.formatted(keysAndProblem[0]))))
                    .as(keysAndProblem[0])
                    .singleElement()
                    .asString()
                    .contains(keysAndProblem[1]);
        }
    }

    @Test
    void certificatesForVaultNeedTheirKeyAndTls() {
        assertThat(problems(vault("address: \"https://v\", auth: {cert: {}}")))
                .singleElement()
                .asString()
                .contains("vaultConnections.main.certFile: is missing (expected: the certificate that auth.cert");
        assertThat(problems(vault("address: \"https://v\", certFile: /c, auth: {token: x}")))
                .singleElement()
                .asString()
                .contains("vaultConnections.main.keyFile: is missing");
        assertThat(problems(vault("address: \"http://v\", caFile: /c, auth: {token: x}")))
                .singleElement()
                .asString()
                .contains("vaultConnections.main.address: is not https");
        assertThat(problems(vault("address: \"https://v\", auth: {jwt: {role: \"\", tokenFile: /t}}")))
                .singleElement()
                .asString()
                .contains("vaultConnections.main.auth.jwt.role: is empty");
    }
}
