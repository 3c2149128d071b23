package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code access.setRole}: whoever logs in works with the rights of one role, and what they make belongs to it. */
class SetRoleIT {
    private static final String WHO = "select session_user || ' as ' || current_user";
    private static PostgresServer server;
    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        server = PostgresServers.own();
        server.execute(
                "postgres",
                "create role lookup login password 'lookup-secret'",
                "grant select on pg_catalog.pg_authid to lookup",
                "create role owners",
                "create role ann login password 'ann-secret' in role owners",
                "create role stranger login password 'stranger-secret'",
                "create role boss superuser login password 'boss-secret'",
                "grant owners to orders_backend");
        server.execute("orders", "grant create on schema public to owners");
        RouteYaml orders = RouteYaml.to(server, "orders", "orders").withMore("access: {setRole: owners}");
        RouteYaml through = orders.withClientAuth(
                        "{authQuery: {credentials: {static: {user: lookup, password: lookup-secret}}}}")
                .withCredentials("{passThrough: {}}");
        gateway = GatewayFixture.start(GatewayYaml.of(
                orders.withPool("{mode: transaction, defaultPoolSize: 1}"),
                orders.named("session").withPool("{mode: session, defaultPoolSize: 1}"),
                orders.named("absent").withMore("access: {setRole: nobody_has_made_it}"),
                through.named("through"),
                through.named("fixed")
                        .withClientAuth("{scram: {users: {boss: {verifier: \""
                                + server.ask("postgres", "select rolpassword from pg_authid where rolname = 'boss'")
                                + "\"}}}}")));
    }

    @AfterAll
    static void stop() {
        try {
            gateway.assertClean();
        } finally {
            gateway.close();
            server.close();
        }
    }

    private static WireClient connect(String database, String user, String password) {
        return WireClient.connect(gateway.address(database).withUser(user).withPassword(password));
    }

    @Test
    void everyResetComesBackToIt() {
        for (String database : List.of("orders", "session")) {
            try (WireClient client = gateway.connect(database)) {
                assertThat(client.ask(WHO)).isEqualTo("orders_backend as owners");
                for (String reset : List.of("discard all", "reset role", "reset all", "reset session authorization")) {
                    assertThat(client.query(reset)).as(reset).contains("Z(I)").noneMatch(line -> line.startsWith("E"));
                    assertThat(client.ask(WHO))
                            .as("%s after %s", database, reset)
                            .isEqualTo("orders_backend as owners");
                }
                client.query("set role none");
            }
            try (WireClient next = gateway.connect(database)) {
                assertThat(next.ask(WHO)).isEqualTo("orders_backend as owners");
            }
        }
    }

    @Test
    void whatClientsOfTheirOwnRoleMakeBelongsToIt() {
        try (WireClient ann = connect("through", "ann", "ann-secret")) {
            assertThat(ann.ask(WHO)).isEqualTo("ann as owners");
            ann.query("create table made_by_ann (a int)");
            assertThat(ann.ask("select tableowner from pg_tables where tablename = 'made_by_ann'"))
                    .isEqualTo("owners");
        }
    }

    @Test
    void whoIsNoMemberGetsNoServerAndNobodyWhereThereIsNoSuchRole() {
        for (String refusal :
                List.of(refusal("through", "stranger", "stranger-secret"), refusal("absent", "app", "app-secret"))) {
            assertThat(refusal).contains("08006", "cannot log in").doesNotContain("owners", "nobody_has_made_it");
        }
    }

    @Test
    void aSuperuserDoesNotHideBehindIt() {
        assertThat(refusal("through", "boss", "boss-secret")).contains("28000");
        assertThat(refusal("fixed", "boss", "boss-secret")).contains("28000");
    }

    private static String refusal(String database, String user, String password) {
        WireClient.LoginRefused refused = catchThrowableOfType(
                WireClient.LoginRefused.class,
                () -> connect(database, user, password).close());
        assertThat(refused).as("%s is refused at %s", user, database).isNotNull();
        return refused.error() + " " + refused.error().fields();
    }
}
