package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.query;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.SharingTargets;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Settings that applications make up, and roles: they follow their client from server to server. */
@ExtendWith(CleanAfterEach.class)
class CustomSettingsIT {
    private static final String USER = "select coalesce(nullif(current_setting('myapp.who', true), ''), 'none')";

    /** Asks on each of two servers. */
    private static void assertEverywhere(Target target, WireClient client, String sql, String expected) {
        try (WireClient other = WireClient.connect(target.twoServers())) {
            for (int i = 0; i < 2; i++) {
                assertThat(client.ask(sql)).isEqualTo(expected);
                other.query("begin"); // takes the server that was used last
                assertThat(client.ask(sql)).isEqualTo(expected);
                other.query("commit");
            }
        }
    }

    private static void assertNothingReaches(Target target, String... names) {
        try (WireClient first = WireClient.connect(target.twoServers());
                WireClient second = WireClient.connect(target.twoServers())) {
            first.query("begin");
            second.query("begin");
            for (String name : names) {
                for (WireClient client : List.of(first, second)) {
                    assertThat(client.ask("select coalesce(current_setting('" + name + "', true), '')"))
                            .isEmpty();
                }
            }
        }
    }

    @SharingTargets
    void followWhatIsSet(Target target) {
        try (WireClient client = WireClient.connect(target.twoServers())) {
            client.query("set myapp.who = 'ann'");
            assertEverywhere(target, client, USER, "ann");
            client.query("select 1; set session MyApp.Who to 'b''o\\b'; select 2");
            assertEverywhere(target, client, USER, "b'o\\b");
            client.query("reset myapp.who");
            assertEverywhere(target, client, USER, "none");
            assertNothingReaches(target, "myapp.who");
        }
    }

    @SharingTargets
    void followSetConfig(Target target) {
        try (WireClient client = WireClient.connect(target.twoServers())) {
            assertThat(client.ask("select set_config('myapp.who', 'ann', false)"))
                    .isEqualTo("ann");
            assertEverywhere(target, client, USER, "ann");
            client.send(
                    parse("s", "select pg_catalog.set_config( E'myapp.who', $1, false)"),
                    bind("", "s", "eva"),
                    execute(),
                    sync());
            assertThat(client.answers()).containsExactly("1", "2", "D(eva)", "C(SELECT 1)", "Z(I)");
            assertEverywhere(target, client, USER, "eva");
            client.send(parse("", "set myapp.who = 'pia'"), bind("", ""), execute(), sync());
            client.answers();
            assertEverywhere(target, client, USER, "pia");
            client.query("do $$ begin perform set_config('myapp.who', 'kim', false); end $$");
            assertEverywhere(target, client, USER, "kim");
            client.query("select set_config('myapp.who', 'local', true)");
            assertEverywhere(target, client, USER, "kim");
        }
        assertNothingReaches(target, "myapp.who");
    }

    @SharingTargets
    void areUndoneWithTheirTransaction(Target target) {
        try (WireClient client = WireClient.connect(target.twoServers())) {
            client.query("set myapp.who = 'ann'");
            client.query("begin");
            client.query("set myapp.who = 'eva'");
            assertThat(client.ask(USER)).isEqualTo("eva");
            client.query("rollback");
            assertEverywhere(target, client, USER, "ann");
            client.query("begin");
            client.query("set local myapp.who = 'pia'");
            assertThat(client.ask(USER)).isEqualTo("pia");
            client.query("commit");
            assertEverywhere(target, client, USER, "ann");
            client.query("begin; savepoint a; set myapp.who = 'kim'; rollback to a; commit");
            assertEverywhere(target, client, USER, "ann");
            client.query("begin; set myapp.who = 'kim'; commit");
            assertEverywhere(target, client, USER, "kim");
        }
    }

    @SharingTargets
    void comeBackToWhatTheStartupPacketSaid(Target target) {
        try (WireClient client =
                WireClient.connect(target.twoServers().withParameter("options", "-c myapp.who=ann -c work_mem=5MB"))) {
            assertEverywhere(target, client, USER, "ann");
            client.query("set myapp.who = 'eva'");
            client.query("set work_mem = '6MB'");
            assertEverywhere(target, client, USER, "eva");
            client.query("reset all");
            assertEverywhere(target, client, USER, "ann");
            assertEverywhere(target, client, "show work_mem", "5MB");
            client.query("set myapp.who = 'eva'");
            client.query("reset myapp.who");
            assertEverywhere(target, client, USER, "ann");
            client.query("set myapp.who = 'eva'");
            client.query("discard all");
            assertEverywhere(target, client, USER, "ann");
        }
    }

    @SharingTargets
    void keepTwoClientsApart(Target target) {
        try (WireClient ann = WireClient.connect(target.oneServer());
                WireClient eva = WireClient.connect(target.oneServer());
                WireClient nobody = WireClient.connect(target.oneServer())) {
            ann.query("set myapp.who = 'ann'");
            eva.query("set myapp.who = 'eva'");
            for (int i = 0; i < 3; i++) {
                assertThat(ann.ask(USER)).isEqualTo("ann");
                assertThat(eva.ask(USER)).isEqualTo("eva");
                assertThat(nobody.ask(USER)).isEqualTo("none");
            }
        }
    }

    @SharingTargets
    void followTimeZoneRoleAndCharacteristics(Target target) {
        try (WireClient client = WireClient.connect(target.twoServers())) {
            client.query("set time zone 'Asia/Tokyo'");
            assertEverywhere(target, client, "show timezone", "Asia/Tokyo");
            client.query("set time zone interval '+02:00' hour to minute");
            assertEverywhere(target, client, "show timezone", "<+02>-02");
            client.query("set time zone local");
            client.query("set session characteristics as transaction isolation level serializable, read only");
            assertEverywhere(target, client, "show default_transaction_isolation", "serializable");
            assertEverywhere(target, client, "show transaction_read_only", "on");
            client.query("set role orders_backend");
            assertEverywhere(target, client, "select current_user::text", "orders_backend");
            client.query("reset role");
            assertEverywhere(target, client, "show role", "none");
        }
    }

    /** Carried values have a bound: a longer one is like a temporary table. */
    @Test
    void endASessionWhoseValueIsTooLong() {
        try (WireClient client = WireClient.connect(Target.TRANSACTION.oneServer())) {
            client.query("set myapp.who = '" + "x".repeat(8000) + "'");
            assertThat(client.ask("select length(current_setting('myapp.who'))"))
                    .isEqualTo("8000");
            client.send(query("set myapp.who = '" + "x".repeat(9000) + "'"));
            List<WireMessage> last = client.receiveUntilClosed();
            assertThat(last).extracting(WireMessage::toString).containsExactly("C(SET)", "Z(I)", "E(FATAL 0A000)");
        }
        assertNothingReaches(Target.TRANSACTION, "myapp.who");
    }
}
