package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.postern.auth.client.OperatorLookups;
import dev.postern.gateway.Gateway;
import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.WireClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code examples/auth-query} as it is, and the operators' functions by their presets, on every version of PostgreSQL. */
class AuthQueryExampleIT {
    private static final Path EXAMPLE = Path.of("..", "examples", "auth-query");
    private static final Certificates.KeyPairFiles CERTIFICATE =
            Certificates.shared().issueForLocalhost("auth-query-example");
    private static final List<String> ROLES = List.of(
            "create role ex_ann login password 'ex_ann-secret'",
            "create role ex_forever login password 'ex_forever-secret' valid until 'infinity'",
            "create role ex_late login password 'ex_late-secret' valid until '2020-01-01'",
            "create role ex_mute nologin password 'ex_mute-secret'",
            "create role ex_boss superuser login password 'ex_boss-secret'",
            "create role ex_walker replication login password 'ex_walker-secret'");

    private static void undo(PostgresServer server) {
        server.execute(
                "postgres",
                "drop schema if exists postern_lookup, pooler, pgbouncer cascade",
                "drop function if exists public.user_search(text)",
                "do $$ begin if exists (select from pg_catalog.pg_roles where rolname = 'ex_lookup') then"
                        + " revoke all on pg_catalog.pg_authid from ex_lookup; end if; end $$",
                "drop role if exists postern_lookup, ex_lookup, ex_ann, ex_forever, ex_late, ex_mute, ex_boss,"
                        + " ex_walker");
    }

    private static String refusal(ServerAddress address, String user, String password) {
        WireClient.LoginRefused refused = catchThrowableOfType(
                WireClient.LoginRefused.class,
                () -> WireClient.connect(address.withUser(user).withPassword(password))
                        .close());
        assertThat(refused).as(user).isNotNull();
        return refused.error().sqlState();
    }

    private static void assertLetIn(ServerAddress address, String user) {
        try (WireClient client = WireClient.connect(address.withUser(user).withPassword(user + "-secret"))) {
            assertThat(client.ask("select session_user")).isEqualTo(user);
        }
    }

    @ParameterizedTest(name = "PostgreSQL {0}")
    @ValueSource(ints = {14, 15, 16, 17, 18})
    void theExampleLetsInWhomItShould(int version) throws Exception {
        PostgresServer server = PostgresServers.ofVersion(version);
        try {
            server.execute("postgres", ROLES.toArray(String[]::new));
            server.execute("postgres", Files.readString(EXAMPLE.resolve("setup.sql")));
            server.execute("postgres", "alter role postern_lookup password 'lookup-secret'");
            int port = FreePorts.one();
            Path password = Files.writeString(TemporaryFolders.create("example").resolve("password"), "lookup-secret");
            ConfigResult read = new ConfigLoader(Map.of(
                            "LISTEN", "127.0.0.1:" + port,
                            "TLS_CERT", CERTIFICATE.certificate().toString(),
                            "TLS_KEY", CERTIFICATE.key().toString(),
                            "BACKEND", "localhost:" + server.port(),
                            "BACKEND_CA", Certificates.shared().caFile().toString(),
                            "LOOKUP_PASSWORD_FILE", password.toString()))
                    .load(EXAMPLE.resolve("postern.yaml"));
            try (Gateway ignored = Gateway.start(((ConfigResult.Loaded) read).config())) {
                ServerAddress address = new ServerAddress(
                        port, Optional.of(Certificates.shared().clientContext()), "", "", "orders");
                assertLetIn(address, "ex_ann");
                assertLetIn(address, "ex_forever");
                assertThat(refusal(address, "ex_ann", "wrong")).isEqualTo("28P01");
                for (String user : List.of("ex_late", "ex_mute", "ex_boss", "ex_walker", "ex_nobody")) {
                    assertThat(refusal(address, user, user + "-secret")).isEqualTo("28P01");
                }
            }
            assertThatThrownBy(() -> server.execute(
                            "postgres", "set role ex_ann", "select * from postern_lookup.user_search('app')"))
                    .hasMessageContaining("permission denied for schema postern_lookup");
            server.execute("postgres", "grant usage on schema postern_lookup to ex_ann");
            assertThatThrownBy(() -> server.execute(
                            "postgres", "set role ex_ann", "select * from postern_lookup.user_search('app')"))
                    .hasMessageContaining("permission denied for function user_search");
            assertThatThrownBy(() -> server.execute(
                            "postgres", "set role postern_lookup", "select rolpassword from pg_catalog.pg_authid"))
                    .hasMessageContaining("permission denied");
        } finally {
            undo(server);
        }
    }

    @ParameterizedTest(name = "PostgreSQL {0}")
    @ValueSource(ints = {14, 15, 16, 17, 18})
    void everyPresetHonoursWhatTheOperatorsFunctionLeavesOut(int version) {
        PostgresServer server = PostgresServers.ofVersion(version);
        try {
            server.execute("postgres", ROLES.toArray(String[]::new));
            server.execute("postgres", "create role ex_lookup login password 'lookup-secret'");
            server.execute("postgres", OperatorLookups.installedFor("ex_lookup").toArray(String[]::new));
            GatewayYaml yaml = GatewayYaml.of();
            List<String> presets = List.of("pgbouncer", "cnpg", "zalando", "crunchy");
            for (String preset : presets) {
                yaml = yaml.withRoute(RouteYaml.to(server, "orders", "orders")
                        .named("by_" + preset)
                        .withClientAuth("{authQuery: {preset: " + preset
                                + ", credentials: {static: {user: ex_lookup, password: lookup-secret}}}}")
                        .withCredentials("{passThrough: {}}"));
            }
            try (GatewayFixture gateway = GatewayFixture.start(yaml)) {
                for (String preset : presets) {
                    ServerAddress address = gateway.address("by_" + preset);
                    assertLetIn(address, "ex_ann");
                    assertLetIn(address, "ex_forever");
                    for (String user : List.of("ex_late", "ex_mute", "ex_nobody")) {
                        assertThat(refusal(address, user, user + "-secret"))
                                .as("%s by %s", user, preset)
                                .isEqualTo("28P01");
                    }
                    for (String user : List.of("ex_boss", "ex_walker")) {
                        assertThat(refusal(address, user, user + "-secret"))
                                .as("%s by %s", user, preset)
                                .isEqualTo("28000");
                        assertThat(refusal(address, user, "wrong")).isEqualTo("28P01");
                    }
                }
                gateway.assertClean();
            }
        } finally {
            undo(server);
        }
    }
}
