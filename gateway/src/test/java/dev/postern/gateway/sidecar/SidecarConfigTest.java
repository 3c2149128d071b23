package dev.postern.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import dev.postern.gateway.config.BackendTlsMode;
import dev.postern.gateway.config.ClientAuthConfig;
import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.config.ListenerTlsMode;
import dev.postern.gateway.config.LoggingConfig;
import dev.postern.gateway.config.PoolMode;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.config.VaultAuthConfig;
import dev.postern.gateway.config.VaultConnectionConfig;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Environments to configurations, and what is said about wrong ones. */
class SidecarConfigTest {
    private final Map<String, String> environment = new HashMap<>(Map.of(
            "DB_HOST", "pg.example.com",
            "DB_NAME", "orders",
            "VAULT_ADDR", "https://vault.example.com:8200",
            "VAULT_PATH", "database/creds/orders-app"));

    private ConfigResult load() {
        return SidecarConfig.of(environment).load(new ConfigLoader(environment).withoutFileChecks());
    }

    private GatewayConfig config() {
        ConfigResult result = load();
        assertThat(result).isInstanceOf(ConfigResult.Loaded.class);
        return ((ConfigResult.Loaded) result).config();
    }

    private RouteConfig route() {
        return config().routes().getFirst();
    }

    private VaultConnectionConfig vault(String name) {
        return Optional.ofNullable(config().vaultConnections().get(name)).orElseThrow();
    }

    private List<String> problems() {
        return switch (load()) {
            case ConfigResult.Loaded ignored -> List.of();
            case ConfigResult.Rejected rejected -> rejected.render().lines().toList();
        };
    }

    private void set(String... namesAndValues) {
        for (int i = 0; i < namesAndValues.length; i += 2) {
            environment.put(namesAndValues[i], namesAndValues[i + 1]);
        }
    }

    @Test
    void fourVariablesAreEnoughAndTheRestIsAsInTheSidecarForVault() {
        GatewayConfig config = config();

        assertThat(config.listeners()).singleElement().satisfies(listener -> {
            assertThat(listener.address()).hasToString("127.0.0.1:5432");
            assertThat(listener.tls().mode()).isEqualTo(ListenerTlsMode.DISABLE);
        });
        assertThat(config.limits().maxClientConn()).isEqualTo(100);
        assertThat(config.timeouts().drainDelay()).isZero();
        assertThat(config.timeouts().drainTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.admin().address().orElseThrow()).hasToString("127.0.0.1:9127");
        assertThat(config.admin().quitQuitQuit()).isTrue();
        assertThat(config.admin().consoleUsers()).containsExactly("app_admin", "app_admin2");
        RouteConfig route = route();
        assertThat(route.match().databases()).containsExactly("orders");
        assertThat(route.backend().hosts()).singleElement().hasToString("pg.example.com:5432");
        assertThat(route.backend().database()).contains("orders");
        assertThat(route.backend().tls().mode()).isEqualTo(BackendTlsMode.REQUIRE);
        assertThat(route.clientAuth()).isEqualTo(new ClientAuthConfig.Any(false));
        assertThat(route.pool().mode()).isEqualTo(PoolMode.TRANSACTION);
        assertThat(route.pool().defaultPoolSize()).isEqualTo(20);
        assertThat(route.credentials())
                .isEqualTo(new CredentialsConfig.Vault(
                        "vault", "database/creds/orders-app", CredentialsConfig.VaultKind.DETECT));
        assertThat(vault("vault")).satisfies(vault -> {
            assertThat(vault.address()).isEqualTo(URI.create("https://vault.example.com:8200"));
            assertThat(vault.caFile()).isEmpty();
            assertThat(vault.auth())
                    .isEqualTo(new VaultAuthConfig.Kubernetes(
                            "default",
                            "kubernetes",
                            Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token"),
                            Optional.empty()));
        });
    }

    @Test
    void everyVariableOfTheSidecarForVaultCounts() {
        set("DB_PORT", "5433", "SSL_MODE", "verify-full", "SSL_ROOT_CERT", "/pg/ca.crt", "LISTEN_PORT", "6432");
        set("VAULT_CA_CERT", "/vault/ca.crt", "VAULT_KUBERNETES_ROLE", "database-access", "VAULT_NAMESPACE", "team-a");

        assertThat(config().listeners().getFirst().address()).hasToString("127.0.0.1:6432");
        assertThat(route().backend().hosts()).singleElement().hasToString("pg.example.com:5433");
        assertThat(route().backend().tls().mode()).isEqualTo(BackendTlsMode.VERIFY_FULL);
        assertThat(vault("vault")).satisfies(vault -> {
            assertThat(vault.caFile()).contains(Path.of("/vault/ca.crt"));
            assertThat(vault.namespace()).contains("team-a");
            assertThat(((VaultAuthConfig.Kubernetes) vault.auth()).role()).isEqualTo("database-access");
        });
    }

    @Test
    void allSixModesAreTakenUnderBothNames() {
        for (String name : List.of("SSL_MODE", "TLS_MODE")) {
            for (BackendTlsMode mode : BackendTlsMode.values()) {
                environment.remove("SSL_ROOT_CERT");
                if (mode.verifies()) {
                    set("SSL_ROOT_CERT", "/pg/ca.crt");
                }
                set(name, mode.keyword());
                assertThat(route().backend().tls().mode()).as(name).isEqualTo(mode);
            }
            environment.remove(name);
        }
        set("SSL_MODE", "require", "TLS_MODE", "disable");
        assertThat(problems())
                .containsExactly("environment TLS_MODE: \"disable\" contradicts SSL_MODE, which is \"require\""
                        + " (expected: one of the two)");
    }

    @Test
    void everyMissingVariableIsNamed() {
        environment.clear();
        assertThat(problems())
                .hasSize(4)
                .anyMatch(line -> line.startsWith("environment DB_HOST: is not set"))
                .anyMatch(line -> line.startsWith("environment DB_NAME: is not set"))
                .anyMatch(line -> line.startsWith("environment VAULT_PATH: is not set"))
                .anyMatch(line -> line.startsWith("environment VAULT_ADDR: is not set"));
        set("DB_NAME", "", "DB_HOST", "pg", "VAULT_PATH", "a/creds/b", "VAULT_ADDR", "http://vault:8200");
        assertThat(problems()).containsExactly("environment DB_NAME: is not set (expected: the database's name)");
    }

    @Test
    void wrongValuesAreBlamedOnTheirVariables() {
        set("DB_PORT", "tcp://10.0.0.7:5432", "LISTEN_PORT", "70000", "PGBOUNCER_DEFAULT_POOL_SIZE", "many");
        assertThat(problems())
                .anyMatch(line -> line.startsWith("environment DB_PORT: \"tcp://10.0.0.7:5432\" is no port")
                        && line.contains("enableServiceLinks"))
                .contains("environment LISTEN_PORT: \"70000\" is no port (expected: 1 to 65535)")
                .contains("environment PGBOUNCER_DEFAULT_POOL_SIZE: \"many\" is not right (expected: a whole number)")
                .hasSize(3);
    }

    @Test
    void whatIsFoundWhenTheFileIsCheckedIsBlamedOnVariablesToo() {
        set("SSL_MODE", "verify-all", "VAULT_ADDR", "vault:8200", "POSTERN_DRAIN_TIMEOUT", "soon");
        set("PGBOUNCER_DEFAULT_POOL_SIZE", "0", "POSTERN_ADMIN_ADDRESS", "9127", "VAULT_PATH", "v1/database/creds/x");
        assertThat(problems())
                .hasSize(6)
                .anyMatch(line -> line.startsWith("environment SSL_MODE: \"verify-all\""))
                .anyMatch(line -> line.startsWith("environment VAULT_ADDR: \"vault:8200\""))
                .anyMatch(line -> line.startsWith("environment POSTERN_DRAIN_TIMEOUT: \"soon\""))
                .anyMatch(line -> line.startsWith("environment PGBOUNCER_DEFAULT_POOL_SIZE: 0 is out of range"))
                .anyMatch(line -> line.startsWith("environment POSTERN_ADMIN_ADDRESS: \"9127\""))
                .anyMatch(line -> line.startsWith("environment VAULT_PATH: does not look like a path"));
        set("SSL_MODE", "verify-full");
        assertThat(problems()).anyMatch(line -> line.startsWith("environment SSL_ROOT_CERT: is missing"));
    }

    @Test
    void severalDatabasesShareOnePortAndWhatTheyDoNotSayThemselves() {
        set("DB_NAME", "", "VAULT_PATH", "");
        set("DB_0_NAME", "orders", "VAULT_0_PATH", "database/creds/orders-app");
        set(
                "DB_1_NAME",
                "billing",
                "VAULT_1_PATH",
                "database/creds/billing-app",
                "DB_1_HOST",
                "pg-b",
                "DB_1_PORT",
                "1");
        set("DB_10_NAME", "audit", "VAULT_10_PATH", "/kv/audit/", "SSL_10_MODE", "disable");
        set("VAULT_10_KUBERNETES_ROLE", "auditor", "DB_10_ALIAS", "trail");

        GatewayConfig config = config();
        assertThat(config.routes().stream().map(RouteConfig::name)).containsExactly("orders", "billing", "trail");
        assertThat(config.routes().stream()
                        .map(route -> route.backend().hosts().getFirst().toString()))
                .containsExactly("pg.example.com:5432", "pg-b:1", "pg.example.com:5432");
        assertThat(config.routes().stream().map(route -> ((CredentialsConfig.Vault) route.credentials()).connection()))
                .containsExactly("vault", "vault", "vault-2");
        RouteConfig trail = config.routes().getLast();
        assertThat(trail.backend().database()).contains("audit");
        assertThat(trail.backend().tls().mode()).isEqualTo(BackendTlsMode.DISABLE);
        assertThat(((CredentialsConfig.Vault) trail.credentials()).path()).isEqualTo("kv/audit");
        assertThat(((VaultAuthConfig.Kubernetes) vault("vault-2").auth()).role())
                .isEqualTo("auditor");
    }

    @Test
    void numberedDatabaseThatLacksSomethingIsNamedWithItsNumber() {
        set("DB_NAME", "", "VAULT_PATH", "", "DB_7_NAME", "orders");
        assertThat(problems()).singleElement().asString().startsWith("environment VAULT_7_PATH: is not set");
        set("VAULT_7_PATH", "a/creds/b", "DB_8_NAME", "orders", "VAULT_8_PATH", "c/creds/d");
        assertThat(problems())
                .singleElement()
                .asString()
                .startsWith("environment DB_8_NAME: ")
                .contains("\"orders\"");
    }

    @Test
    void aDatabaseWithoutANumberStandsBesideThoseThatHaveOne() {
        set("DB_0_NAME", "billing", "VAULT_0_PATH", "database/creds/billing-app");
        assertThat(config().routes().stream().map(RouteConfig::name)).containsExactly("orders", "billing");
    }

    @Test
    void listensBeyondLoopbackOnlyWhenToldTwice() {
        set("PGBOUNCER_LISTEN_ADDR", "*", "PGBOUNCER_LISTEN_PORT", "6432");
        assertThat(problems())
                .containsExactly("environment PGBOUNCER_LISTEN_ADDR: \"*\" lets in whoever reaches it, without a"
                        + " password (expected: 127.0.0.1, or POSTERN_ALLOW_INSECURE=true beside it)");
        set("POSTERN_ALLOW_INSECURE", "true");
        assertThat(config().listeners().getFirst().address()).hasToString("0.0.0.0:6432");
        assertThat(route().clientAuth()).isEqualTo(new ClientAuthConfig.Any(true));
        assertThat(config().admin().consoleUsers()).isEmpty();
        set("PGBOUNCER_LISTEN_ADDR", "127.0.0.1, ::1", "POSTERN_ALLOW_INSECURE", "");
        assertThat(config().listeners().stream()
                        .map(listener -> listener.address().toString()))
                .containsExactly("127.0.0.1:6432", "[::1]:6432");
    }

    @Test
    void pgBouncersSettingsAreWrittenAsThere() {
        set("PGBOUNCER_POOL_MODE", "session", "PGBOUNCER_DEFAULT_POOL_SIZE", "3", "PGBOUNCER_MAX_CLIENT_CONN", "7");
        set("PGBOUNCER_SERVER_LIFETIME", "604800", "PGBOUNCER_QUERY_TIMEOUT", "1.5", "POSTERN_LOG_FORMAT", "json");
        set("PGBOUNCER_ADMIN_USERS", "operator", "POSTERN_ADMIN_ADDRESS", "0.0.0.0:9090");
        GatewayConfig config = config();
        assertThat(route().pool().mode()).isEqualTo(PoolMode.SESSION);
        assertThat(route().pool().defaultPoolSize()).isEqualTo(3);
        assertThat(config.limits().maxClientConn()).isEqualTo(7);
        assertThat(route().pool().serverLifetime()).isEqualTo(Duration.ofDays(7));
        assertThat(route().timeouts().queryTimeout()).isEqualTo(Duration.ofMillis(1500));
        assertThat(config.admin().consoleUsers()).containsExactly("operator");
        assertThat(config.admin().address().orElseThrow()).hasToString("0.0.0.0:9090");
        assertThat(config.logging().format()).isEqualTo(LoggingConfig.Format.JSON);
    }

    @Test
    void settingsThatAreNotThereAreNotedAndThoseOfAServiceAreNot() {
        set("PGBOUNCER_TCP_USER_TIMEOUT_S", "3", "PGBOUNCER_SERVICE_HOST", "10.0.0.1", "PGBOUNCER_PORT", "tcp://x:1");
        set("PGBOUNCER_SERVICE_PORT_PG", "5432", "PGBOUNCER_PORT_5432_TCP_ADDR", "10.0.0.1");
        assertThat(SidecarConfig.of(environment).notes())
                .containsExactly("PGBOUNCER_TCP_USER_TIMEOUT_S: there is no such setting; left out");
        assertThat(problems()).isEmpty();
    }

    @Test
    void logsInToVaultInOtherWaysThanKubernetes() {
        set("VAULT_TOKEN_FILE", "/vault/token");
        assertThat(vault("vault").auth()).isEqualTo(new VaultAuthConfig.TokenFile(Path.of("/vault/token")));
        set("VAULT_TOKEN_FILE", "", "VAULT_ROLE_ID", "role-id", "VAULT_SECRET_ID_FILE", "/vault/secret-id");
        assertThat(vault("vault").auth())
                .isEqualTo(new VaultAuthConfig.AppRole("role-id", Path.of("/vault/secret-id"), false, "approle"));
        set("VAULT_SECRET_ID_FILE", "");
        assertThat(problems()).singleElement().asString().startsWith("environment VAULT_SECRET_ID_FILE: is missing");
        set("VAULT_TOKEN", "s.token");
        assertThat(problems())
                .containsExactly("environment VAULT_ROLE_ID: stands beside VAULT_TOKEN (expected: one of the two; none"
                        + " of them for the pod's service account)");
        set("VAULT_ROLE_ID", "");
        assertThat(vault("vault").auth()).isEqualTo(new VaultAuthConfig.Token(Secret.ofText("s.token")));
        assertThat(SidecarConfig.of(environment).yaml()).doesNotContain("s.token");
    }

    private void setRds(String... namesAndValues) {
        environment.clear();
        set("RDS_HOST", "db.abc.eu-west-1.rds.amazonaws.com");
        set(namesAndValues);
    }

    @Test
    void oneVariableIsEnoughForRdsAndTheRestIsAsInTheSidecarForIt() {
        setRds();
        assertThat(config().listeners().getFirst().address()).hasToString("127.0.0.1:5432");
        assertThat(config().limits().maxClientConn()).isEqualTo(100);
        assertThat(config().vaultConnections()).isEmpty();
        assertThat(route().match().databases()).containsExactly("postgres");
        assertThat(route().backend().hosts().getFirst()).hasToString("db.abc.eu-west-1.rds.amazonaws.com:5432");
        assertThat(route().backend().tls().mode()).isEqualTo(BackendTlsMode.VERIFY_FULL);
        assertThat(route().backend().tls().caFile().orElseThrow().path())
                .isEqualTo(Path.of("/etc/postern/rds-global-bundle.pem"));
        assertThat(route().credentials())
                .isEqualTo(new CredentialsConfig.RdsIam(
                        "postgres", Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()));
        set("RDS_HOST", "db.internal");
        assertThat(((CredentialsConfig.RdsIam) route().credentials()).region()).contains("us-east-1");
    }

    @Test
    void everyVariableOfTheSidecarForRdsCounts() {
        setRds("AWS_REGION", "us-west-2", "DB_USERNAME", "app", "DB_NAME", "orders", "DB_PORT", "5433");
        set("PGBOUNCER_LISTEN_PORT", "6432", "PGBOUNCER_LISTEN_ADDR", "127.0.0.2", "SSL_MODE", "require");
        set("RDS_ROLE_ARN", "arn:aws:iam::123456789012:role/orders", "RDS_EXTERNAL_ID", "tenant-7");
        assertThat(config().listeners().getFirst().address()).hasToString("127.0.0.2:6432");
        assertThat(route().match().databases()).containsExactly("orders");
        assertThat(route().backend().hosts().getFirst()).hasToString("db.abc.eu-west-1.rds.amazonaws.com:5433");
        assertThat(route().backend().tls().mode()).isEqualTo(BackendTlsMode.REQUIRE);
        assertThat(route().backend().tls().caFile()).isEmpty();
        assertThat(route().credentials())
                .isEqualTo(new CredentialsConfig.RdsIam(
                        "app",
                        Optional.of("us-west-2"),
                        Optional.empty(),
                        Optional.of("arn:aws:iam::123456789012:role/orders"),
                        Optional.of("tenant-7")));
    }

    @Test
    void rdsIsParticularAboutWhatItIsTold() {
        setRds("SSL_MODE", "prefer", "RDS_EXTERNAL_ID", "x", "AWS_REGION", "ireland");
        assertThat(problems())
                .anyMatch(line -> line.startsWith("environment SSL_MODE: is prefer, and the token"))
                .anyMatch(line -> line.startsWith("environment RDS_EXTERNAL_ID: stands without roleArn"))
                .anyMatch(line -> line.startsWith("environment AWS_REGION: is no region"))
                .hasSize(3);
        setRds("VAULT_PATH", "database/creds/x");
        assertThat(problems())
                .containsExactly("environment RDS_HOST: stands beside VAULT_PATH (expected: one of the two)");
        setRds();
        assertThat(SidecarConfig.of(environment).load(new ConfigLoader(environment)))
                .isInstanceOfSatisfying(
                        ConfigResult.Rejected.class,
                        rejected -> assertThat(rejected.render())
                                .startsWith(
                                        "environment SSL_ROOT_CERT: \"/etc/postern/rds-global-bundle.pem\" does not exist"));
    }

    @Test
    void vaultAndRdsStandBesideEachOtherWithNumbers() {
        set("DB_NAME", "", "VAULT_PATH", "", "DB_0_NAME", "orders", "VAULT_0_PATH", "database/creds/orders-app");
        set("RDS_1_HOST", "db.abc.eu-west-1.rds.amazonaws.com", "DB_1_NAME", "billing", "DB_1_USERNAME", "app");
        assertThat(config().routes().stream()
                        .map(route -> route.credentials().getClass().getSimpleName()))
                .containsExactly("Vault", "RdsIam");
    }

    @Test
    void linesOfPgBouncersDatabasesAreTaken() {
        environment.clear();
        set(
                "PGBOUNCER_DSN_0",
                "orders=host=pg-a,pg-b port=5433 dbname=orders_prod user=app password='a ${b}' pool_size=3");
        set("PGBOUNCER_DSN_10", "billing=host=pg-c user=b", "PGBOUNCER_DSN_2", "x=host=pg-d user=c connect_query='x'");
        GatewayConfig config = config();
        assertThat(config.routes().stream().map(RouteConfig::name)).containsExactly("orders", "x", "billing");
        assertThat(route().backend().hosts().stream().map(Object::toString)).containsExactly("pg-a:5433", "pg-b:5433");
        assertThat(route().backend().database()).contains("orders_prod");
        assertThat(route().backend().tls().mode()).isEqualTo(BackendTlsMode.PREFER);
        assertThat(route().pool().defaultPoolSize()).isEqualTo(3);
        assertThat(route().pool().mode()).isEqualTo(PoolMode.TRANSACTION);
        assertThat(route().credentials())
                .isEqualTo(new CredentialsConfig.Static("app", Optional.of(Secret.ofText("a ${b}")), Optional.empty()));
        assertThat(SidecarConfig.of(environment).notes())
                .containsExactly("PGBOUNCER_DSN_2: connect_query has no equivalent here; left out");
        set("PGBOUNCER_DSN_3", "y=host=pg-d", "PGBOUNCER_DSN_4", "z=host='pg", "PGBOUNCER_DSN_5", "*=host=a user=b");
        assertThat(problems())
                .hasSize(3)
                .anyMatch(line -> line.startsWith("environment PGBOUNCER_DSN_3: lacks a name, host or user"))
                .anyMatch(line -> line.startsWith("environment PGBOUNCER_DSN_4: "))
                .anyMatch(line -> line.startsWith("environment PGBOUNCER_DSN_5: is for more than one name"));
    }

    @Test
    void valuesAreTakenAsTheyAre() {
        set("DB_NAME", "a\"b$1 ${HOME}: {", "HOME", "/root");
        assertThat(route().match().databases()).containsExactly("a\"b$1 ${HOME}: {");
        assertThat(route().backend().database()).contains("a\"b$$1 $${HOME}: {");
        set("DB_NAME", "tenant_*");
        assertThat(problems())
                .containsExactly("environment DB_NAME: \"tenant_*\" holds a * (expected: the name of one database)");
        set("DB_HOST", "fd00::1", "DB_NAME", "orders");
        assertThat(route().backend().hosts().getFirst()).hasToString("[fd00::1]:5432");
    }
}
