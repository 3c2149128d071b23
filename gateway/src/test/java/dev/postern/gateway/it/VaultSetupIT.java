package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The SQL and the policy of docs/credentials.md, as they stand there, with an administrator of Vault's who is no superuser. */
class VaultSetupIT {
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final Pattern SQL_BLOCK = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);

    private static final Pattern POLICY_PATH = Pattern.compile("^path \"([^\"]+)\"", Pattern.MULTILINE);
    private static final Path DOCUMENT = Path.of("../docs/credentials.md");

    private static String[] documentedPolicy() throws IOException {
        String[] paths = POLICY_PATH
                .matcher(Files.readString(DOCUMENT))
                .results()
                .map(match -> match.group(1))
                .toArray(String[]::new);
        assertThat(paths).contains("database/creds/orders-app", "sys/leases/revoke");
        return paths;
    }

    private static List<List<String>> documented() throws IOException {
        Matcher blocks = SQL_BLOCK.matcher(Files.readString(DOCUMENT));
        List<List<String>> all = new ArrayList<>();
        while (blocks.find()) {
            all.add(Arrays.stream(blocks.group(1).split("\n"))
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .toList());
        }
        return all;
    }

    @BeforeEach
    void setUp() throws IOException {
        List<String> setup = documented().getFirst();
        assertThat(setup).first().asString().isEqualTo("CREATE ROLE orders_owner NOLOGIN;");
        POSTGRES.execute("orders", setup.toArray(String[]::new));
    }

    @AfterEach
    void tearDown() {
        POSTGRES.execute(
                "orders",
                "drop owned by orders_owner, orders_rw, vaultadmin cascade",
                "drop role orders_owner, orders_rw, vaultadmin");
    }

    @Test
    void documentedStatementsLeaveNoRoleThoughApplicationsCreateTables() throws IOException {
        leavesNoRoleWith(documented().get(2));
    }

    @Test
    void administratorWhoGrantsItselfWhatItCreatesNeedsNoGrantInTheRevocation() throws IOException {
        List<String> selfGrant = documented().get(3);
        assertThat(selfGrant).singleElement().asString().contains("createrole_self_grant");
        POSTGRES.execute("orders", selfGrant.getFirst());
        List<String> revocation = documented().get(2);
        assertThat(revocation).first().isEqualTo("GRANT \"{{name}}\" TO CURRENT_USER;");
        leavesNoRoleWith(revocation.subList(1, revocation.size()));
    }

    private void leavesNoRoleWith(List<String> revocation) throws IOException {
        List<String> creation = documented().get(1);
        try (VaultWorld world = VaultWorld.start(POSTGRES)
                .withRole(
                        "orders-app",
                        "orders",
                        "vaultadmin",
                        "change-me",
                        creation,
                        revocation,
                        Duration.ofHours(1),
                        Duration.ofHours(24))) {
            String identity = world.connectionFor("documented", documentedPolicy());
            try (GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(RouteYaml.to(POSTGRES, "leased", "orders")
                            .withCredentials(VaultWorld.credentials("orders-app"))
                            .withPool("{mode: transaction, defaultPoolSize: 2}"))
                    .withMore("vaultConnections: {main: " + identity + "}\n"))) {
                try (WireClient client = gateway.connect("leased")) {
                    client.query("create table made_by_a_lease (n int)");
                    assertThat(client.ask(
                                    "select tableowner like 'v-%' from pg_tables where tablename = 'made_by_a_lease'"))
                            .isEqualTo("t");
                    client.query("insert into made_by_a_lease values (7)");
                }
                world.revokeLeases();
                assertThat(world.leasedRoles()).isEmpty();
                try (WireClient client = gateway.connect("leased")) {
                    Awaitility.await()
                            .until(() -> client.ask(
                                            "select tableowner from pg_tables where tablename = 'made_by_a_lease'")
                                    .equals("orders_owner"));
                }
                gateway.assertClean();
            }
            assertThat(world.leasedRoles()).isEmpty();
        }
    }
}
