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

/** The SQL of docs/credentials.md, as it stands there, with an administrator of Vault's who is no superuser. */
class VaultSetupIT {
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final Pattern SQL_BLOCK = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);

    private static List<List<String>> documented() throws IOException {
        Matcher blocks = SQL_BLOCK.matcher(Files.readString(Path.of("../docs/credentials.md")));
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
        List<String> creation = documented().get(1);
        List<String> revocation = documented().get(2);
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
            try (GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(RouteYaml.to(POSTGRES, "leased", "orders")
                            .withCredentials(VaultWorld.credentials("orders-app"))
                            .withPool("{mode: transaction, defaultPoolSize: 2}"))
                    .withMore(world.yaml()))) {
                try (WireClient client = gateway.connect("leased")) {
                    client.query("create table made_by_a_lease (n int)");
                    assertThat(client.ask(
                                    "select tableowner like 'v-%' from pg_tables where tablename = 'made_by_a_lease'"))
                            .isEqualTo("t");
                    client.query("insert into made_by_a_lease values (7)");
                }
                world.vault().revokeLeases();
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
