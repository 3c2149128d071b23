package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Vault comes back, and drops an overdue role, at the very moment at which requests of every kind run on it: behind the role
 * check, before their end. Those that can be repeated are, the others read 57P01, and nothing is done twice.
 */
class VaultReturnIT {
    private static final PostgresServer POSTGRES = PostgresServers.shared();

    /** Long enough for Vault to be back and the role to be dropped before the role is asked for. */
    private static final String SLOW_WHO = "select 1, return_slow()";

    private static final int CLIENTS = 6;

    @BeforeEach
    void makeTable() {
        POSTGRES.execute(
                "orders",
                "create table return_table (who text)",
                "alter table return_table owner to orders_backend",
                // A running statement keeps what it knows of its role until it takes another lock.
                "create function return_slow() returns text language plpgsql as $$ begin perform pg_sleep(1.5);"
                        + " perform count(*) from return_table; return session_user; end $$",
                "create procedure return_commits() language plpgsql as $$ begin insert into return_table values ('call');"
                        + " commit; perform return_slow(); end $$");
    }

    @AfterEach
    void dropTable() {
        POSTGRES.execute(
                "orders", "drop procedure return_commits", "drop function return_slow", "drop table return_table");
    }

    private static String admin(String sql) {
        try (Connection admin = POSTGRES.admin("orders");
                Statement statement = admin.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String secondColumn(List<WireMessage> messages) {
        return messages.stream()
                .filter(m -> m.type() == 'D')
                .map(m -> m.columns().get(1))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no row in " + messages));
    }

    @Test
    void requestsThatMeetTheRolesEndAreRepeatedOrToldAndNeverDoneTwice() throws Exception {
        try (VaultWorld world = VaultWorld.start(POSTGRES)
                        .withRole("return-app", "orders", Duration.ofSeconds(2), Duration.ofSeconds(6));
                GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(RouteYaml.to(POSTGRES, "leased", "orders")
                                .withCredentials(VaultWorld.credentials("return-app"))
                                .withPool("{mode: transaction, defaultPoolSize: " + CLIENTS + "}"))
                        .withMore(world.yaml()))) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(gateway.connect("leased"));
            }
            clients.forEach(c -> c.query("begin"));
            clients.forEach(c -> c.query("commit"));
            WireClient prepared = clients.get(1);
            prepared.send(FrontendBytes.parse("mine", SLOW_WHO), FrontendBytes.sync());
            prepared.receiveUntilReady();
            world.goAway();
            Awaitility.await("the lease is over").until(() -> world.aliveLeases() == 0);

            clients.get(0).send(FrontendBytes.query(SLOW_WHO));
            prepared.send(FrontendBytes.bind("", "mine"), FrontendBytes.execute(), FrontendBytes.sync());
            clients.get(2)
                    .send(
                            FrontendBytes.parse("", "begin"),
                            FrontendBytes.bind("", ""),
                            FrontendBytes.execute(),
                            FrontendBytes.parse("", SLOW_WHO),
                            FrontendBytes.bind("", ""),
                            FrontendBytes.execute(),
                            FrontendBytes.sync());
            clients.get(3).send(FrontendBytes.query("insert into return_table select return_slow()"));
            clients.get(4).send(FrontendBytes.query("call return_commits()"));
            clients.get(5).send(FrontendBytes.query("insert into return_table values ('two statements'); " + SLOW_WHO));
            Awaitility.await("all of them sleep, their role being checked")
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> admin("select count(*) from pg_stat_activity where wait_event = 'PgSleep'")
                            .equals(String.valueOf(CLIENTS)));
            List<String> before = world.rolesMadeBy("return-app");
            world.comeBack();

            for (int i = 0; i < 3; i++) {
                String role = secondColumn(clients.get(i).receiveUntilReady());
                assertThat(world.rolesMadeBy("return-app")).contains(role);
                assertThat(role).isNotIn(before);
            }
            assertThat(clients.get(2).query("commit")).containsExactly("C(COMMIT)", "Z(I)");
            assertThat(prepared.query("select 1")).contains("D(1)");
            prepared.send(FrontendBytes.bind("", "mine"), FrontendBytes.execute(), FrontendBytes.sync());
            String role = secondColumn(prepared.receiveUntilReady());
            assertThat(world.rolesMadeBy("return-app"))
                    .as("its prepared statement is still its own")
                    .contains(role);
            assertThat(clients.get(3).answers()).containsExactly("C(INSERT 0 1)", "Z(I)");
            for (int i = 4; i < CLIENTS; i++) {
                assertThat(clients.get(i).receiveUntilClosed().getLast()).hasToString("E(FATAL 57P01)");
            }
            assertThat(admin("select count(*) from return_table where who like 'v-%'"))
                    .isEqualTo("1");
            assertThat(admin("select count(*) from return_table where who = 'call'"))
                    .as("committed within the procedure, once")
                    .isEqualTo("1");
            assertThat(admin("select count(*) from return_table where who = 'two statements'"))
                    .as("rolled back")
                    .isEqualTo("0");
            clients.forEach(WireClient::close);
            gateway.assertClean();
        }
    }
}
