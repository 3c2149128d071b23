package dev.postern.gateway.config;

import static dev.postern.gateway.config.ConfigFixture.loaded;
import static dev.postern.gateway.config.ConfigFixture.problems;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfigLoaderTest {
    private static final String DESIGN = """
            listeners:
              - name: public
                address: 0.0.0.0:5432
                tls:
                  mode: require                     # disable | allow | require
                  certificates: [{certFile: /tls/tls.crt, keyFile: /tls/tls.key}]   # chosen by server name
                  clientCaFile: client-ca.crt  # optional: mTLS
            vaultConnections:
              main: {address: "https://vault:8200", caFile: /vault/ca.crt, auth: {kubernetes: {role: postern, mount: kubernetes}}}
            routes:
              - name: orders
                match: {databases: [orders], serverNames: [orders.db.example.com]}
                backend: {hosts: ["pg-a:5432"], database: orders, tls: {mode: verify-full, caFile: /pg/ca.crt}}
                clientAuth: {scram: {users: {app: {secretFile: /users/app}}}}
                credentials: {vault: {connection: main, path: database/creds/orders-app}}
                access: {allowCidrs: [0.0.0.0/0], allowSuperuser: false}
                pool: {mode: transaction, defaultPoolSize: 20, queryWaitTimeout: 2m, serverLifetime: 1h}
              - name: any-other
                match: {databases: ["*"]}
                backend: {hosts: ["pg-b:5432"]}                     # same database name
                clientAuth: {scram: {usersFile: userlist.txt}}
                credentials: {passThrough: {}}
            admin: {address: 127.0.0.1:9090, consoleUsers: [admin]}
            """;

    @Test
    void readsTheExampleOfTheDesign() {
        GatewayConfig config = loaded(DESIGN);

        ListenerConfig listener = config.listeners().getFirst();
        assertThat(listener.address()).isEqualTo(new ListenAddress("0.0.0.0", 5432));
        assertThat(listener.tls().mode()).isEqualTo(ListenerTlsMode.REQUIRE);
        assertThat(listener.tls().certificates())
                .containsExactly(new CertificateConfig(
                        Optional.of(Path.of("/tls/tls.crt")), Optional.of(Path.of("/tls/tls.key")), Optional.empty()));
        assertThat(listener.tls().clientCaFile()).contains(Path.of("/etc/postern/client-ca.crt"));
        assertThat(config.vaultConnections().values())
                .singleElement()
                .satisfies(vault -> assertThat(vault.auth()).isInstanceOf(VaultAuthConfig.Kubernetes.class));
        RouteConfig orders = config.routes().getFirst();
        assertThat(orders.match()).isEqualTo(new MatchConfig(List.of("orders"), List.of("orders.db.example.com")));
        assertThat(orders.backend().hosts()).containsExactly(new BackendHost("pg-a", 5432));
        assertThat(orders.backend().tls().mode()).isEqualTo(BackendTlsMode.VERIFY_FULL);
        assertThat(orders.pool().mode()).isEqualTo(PoolMode.TRANSACTION);
        assertThat(orders.pool().serverIdleTimeout()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.routes().get(1).backend().database()).isEqualTo(Optional.empty());
        assertThat(config.routes().get(1).credentials()).isInstanceOf(CredentialsConfig.PassThrough.class);
        assertThat(config.admin().consoleUsers()).containsExactly("admin");
    }

    @Test
    void printsFiveMistakesAsFiveLines() {
        List<String> lines = problems("""
                listeners:
                  - {name: local, address: "127.0.0.1", tls: {mode: disable}}
                routes:
                  - name: orders
                    match: {databases: [orders]}
                    backend: {hosst: ["pg-a:5432"]}
                    clientAuth: {trust: {}}
                    credentials: {vault: {connection: main, path: database/creds/app}}
                    pool: {mode: transactoin, queryWaitTimeout: 30}
                """);

        assertThat(lines)
                .containsExactly(
                        "/etc/postern/postern.yaml:2:28 listeners[0].address: \"127.0.0.1\" has no port"
                                + " (expected: host:port such as 0.0.0.0:5432, 127.0.0.1:6432 or [::]:5432, or unix:/run/postern/.s.PGSQL.6432)",
                        "/etc/postern/postern.yaml:6:15 routes[0].backend.hosst: unknown key, did you mean \"hosts\"?"
                                + " (expected: one of hosts, targetSessionAttrs, loadBalanceHosts, database, tls, allowCleartextPassword, dnsTtl, connectQuery, parameters)",
                        "/etc/postern/postern.yaml:8:39 routes[0].credentials.vault.connection:"
                                + " there is no Vault connection \"main\""
                                + " (expected: a name under vaultConnections, which is empty)",
                        "/etc/postern/postern.yaml:9:18 routes[0].pool.mode: \"transactoin\" is not a value of this"
                                + " key, did you mean \"transaction\"? (expected: one of session, transaction)",
                        "/etc/postern/postern.yaml:9:49 routes[0].pool.queryWaitTimeout: \"30\" has no unit"
                                + " (expected: a duration such as 500ms, 15s, 2m30s, 1h or 1d)");
    }

    @Test
    void takesPoolAndTimeoutsOfTheTopLevelAsDefaults() {
        GatewayConfig config = loaded(ConfigFixture.MINIMAL + """
                    pool: {minPoolSize: 2}
                pool: {mode: transaction, defaultPoolSize: 7}
                timeouts: {idleTransactionTimeout: 1m}
                """);

        RouteConfig route = config.routes().getFirst();
        assertThat(route.pool().mode()).isEqualTo(PoolMode.TRANSACTION);
        assertThat(route.pool().defaultPoolSize()).isEqualTo(7);
        assertThat(route.pool().minPoolSize()).isEqualTo(2);
        assertThat(config.pool().minPoolSize()).isZero();
        assertThat(route.timeouts().idleTransactionTimeout()).isEqualTo(Duration.ofMinutes(1));
        assertThat(route.timeouts().queryTimeout()).isZero();
    }
}
