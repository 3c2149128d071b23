package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How the gateway logs in to servers: each method of pg_hba.conf, each sslmode. The server says which it was. */
class ServerLoginIT {
    private static final String ROLE_AND_TLS =
            "select current_user || ' ' || ssl from pg_stat_ssl where pid = pg_backend_pid()";
    private static final String CLEARTEXT = "{static: {user: clear, password: clear-secret}}";

    private static PostgresServer postgres;
    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        postgres = PostgresServers.own();
        prepareServer();
        gateway = GatewayFixture.start(GatewayYaml.of(
                RouteYaml.to(postgres, "orders", "orders"),
                RouteYaml.to(postgres, "analytics", "analytics"),
                RouteYaml.to(postgres, "reports", "reports"),
                plain("clear").withCredentials(CLEARTEXT).withPool("{mode: transaction, queryWaitTimeout: 2s}"),
                plain("clear_allowed")
                        .withCredentials(CLEARTEXT)
                        .withBackendTls("{mode: disable}, allowCleartextPassword: true"),
                plain("trusted").withCredentials("{static: {user: nopass}}"),
                certificate("by_certificate", "bycert"),
                certificate("by_anothers_certificate", "orders_backend").withCredentials("{static: {user: bycert}}"),
                plain("prefers").withBackendTls("{mode: prefer}"),
                plain("allows").withBackendTls("{mode: allow}"),
                plain("plain")));
    }

    private static void prepareServer() {
        postgres.execute(
                "postgres",
                "create role clear login password 'clear-secret'",
                "create role nopass login",
                "create role bycert login",
                "alter system set ssl_ca_file = '" + Certificates.shared().caFile() + "'");
        postgres.prependHba(
                "host orders clear 127.0.0.1/32 password",
                "host orders nopass 127.0.0.1/32 trust",
                "hostssl orders bycert 127.0.0.1/32 cert");
        Awaitility.await("the server knows the authority")
                .until(() -> !postgres.ask("postgres", "show ssl_ca_file").isEmpty());
    }

    private static RouteYaml plain(String name) {
        return RouteYaml.to(postgres, "orders", "orders").named(name).withBackendTls("{mode: disable}");
    }

    private static RouteYaml certificate(String name, String commonName) {
        Certificates.KeyPairFiles files = Certificates.shared().issueForClient(name, commonName);
        return plain(name)
                .withCredentials("{static: {user: bycert}}")
                .withPool("{mode: transaction, queryWaitTimeout: 2s}")
                .withBackendTls(
                        "{mode: verify-full, caFile: " + Certificates.shared().caFile() + ", certFile: "
                                + files.certificate() + ", keyFile: " + files.key() + "}");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        postgres.close();
    }

    private static String roleAndTls(String database) {
        try (WireClient client = gateway.connect(database)) {
            return client.ask(ROLE_AND_TLS);
        }
    }

    private static String refusal(String database) {
        try (WireClient client = gateway.connect(database)) {
            client.send(FrontendBytes.query("select 1"));
            return client.receiveUntil('E').getLast().toString();
        } catch (WireClient.LoginRefused refused) {
            return refused.error().toString();
        }
    }

    @Test
    void byScram() {
        assertThat(roleAndTls("orders")).isEqualTo("orders_backend true");
    }

    @Test
    void byMd5() {
        assertThat(postgres.ask(
                        "postgres", "select left(rolpassword, 3) from pg_authid where rolname = 'analytics_backend'"))
                .isEqualTo("md5");
        assertThat(roleAndTls("analytics")).isEqualTo("analytics_backend true");
    }

    @Test
    void byCleartextPasswordInsideTls() {
        assertThat(roleAndTls("reports")).isEqualTo("reports_backend true");
    }

    @Test
    void neverByCleartextPasswordOutsideTlsUnlessAllowed() {
        assertThat(refusal("clear")).isEqualTo("E(FATAL 08006)");
        assertThat(postgres.sessions("orders"))
                .noneMatch(session -> session.role().equals("clear"));
        assertThat(roleAndTls("clear_allowed")).isEqualTo("clear false");
    }

    @Test
    void whereNothingIsAsked() {
        assertThat(roleAndTls("trusted")).isEqualTo("nopass false");
    }

    @Test
    void byCertificate() {
        assertThat(roleAndTls("by_certificate")).isEqualTo("bycert true");
        assertThat(refusal("by_anothers_certificate")).isEqualTo("E(FATAL 08006)");
    }

    @Test
    void preferTakesTlsAndAllowDoesWithout() {
        Map.of("prefers", "true", "allows", "false", "plain", "false")
                .forEach((database, tls) ->
                        assertThat(roleAndTls(database)).as(database).isEqualTo("orders_backend " + tls));
    }
}
