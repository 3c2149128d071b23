package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.SharingTargets;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;

/** A client's settings come along to the pool's other server, and nobody else meets them on the one it left. */
@ExtendWith(CleanAfterEach.class)
class CarriedSettingsIT {
    private static final String SHOWN =
            "select concat_ws(' ', current_setting('work_mem'), current_setting('statement_timeout'),"
                    + " current_setting('search_path'), current_setting('transaction_isolation'), current_setting('transaction_read_only'))";
    private static final String DEFAULTS = "4MB 0 \"$user\", public read committed off";

    /** Asks three times; the second time another client has a transaction open, so a pool of two lends its other server. */
    private static void assertOnBothServers(Target target, WireClient client, String expected) {
        try (WireClient holder = WireClient.connect(target.twoServers());
                WireClient other = WireClient.connect(target.twoServers())) {
            for (String first : List.of("select 1", "begin", "commit")) {
                holder.query(first);
                assertThat(client.ask(SHOWN))
                        .as("the client's, behind " + first)
                        .isEqualTo(expected);
                assertThat(other.ask(SHOWN)).as("another's, behind " + first).isEqualTo(DEFAULTS);
            }
        }
    }

    @SharingTargets
    void keepsWhatACommitKept(Target target) {
        try (WireClient client = WireClient.connect(target.twoServers())) {
            client.query("begin");
            client.query("set work_mem = '5MB'");
            client.query("select 1");
            client.query("set statement_timeout = '71s'");
            client.query("commit");
            assertOnBothServers(target, client, "5MB 71s \"$user\", public read committed off");
        }
    }

    /** PostgreSQL takes no backslash before a quote from clients whose encoding has backslashes within its characters. */
    @SharingTargets
    void keepsAQuoteUnderEveryEncoding(Target target) {
        for (String encoding : List.of("SJIS", "GBK", "BIG5")) {
            try (WireClient client = WireClient.connect(target.twoServers());
                    WireClient holder = WireClient.connect(target.twoServers())) {
                client.query("set client_encoding = '" + encoding + "'");
                client.query("set application_name = 'it''s a \\ here'");
                for (String first : List.of("select 1", "begin", "commit")) {
                    holder.query(first);
                    assertThat(client.ask("show application_name")).isEqualTo("it's a \\ here");
                    assertThat(client.ask("show client_encoding")).isEqualTo(encoding);
                }
            }
        }
    }

    @SharingTargets
    void keepsSeveralThatOneQuerySets(Target target) {
        try (WireClient client = WireClient.connect(target.twoServers())) {
            client.query(
                    "set work_mem = '5MB'; select 1; set search_path = pg_catalog; reset work_mem; set statement_timeout = 7000");
            assertOnBothServers(target, client, "4MB 7s pg_catalog read committed off");
        }
    }

    @SharingTargets
    void undoesWhatARollbackToASavepointUndoes(Target target) {
        try (WireClient client = WireClient.connect(target.twoServers())) {
            client.query(
                    "begin; set work_mem = '5MB'; savepoint s; set statement_timeout = '71s'; set work_mem = '6MB'; rollback to s; commit");
            assertOnBothServers(target, client, "5MB 0 \"$user\", public read committed off");
        }
    }

    @SharingTargets
    void forgetsWhatAFailedTransactionHadSet(Target target) {
        try (WireClient client = WireClient.connect(target.twoServers())) {
            client.query("set work_mem = '5MB'");
            client.query("begin; set work_mem = '6MB'; select 1/0");
            client.query("commit");
            assertOnBothServers(target, client, "5MB 0 \"$user\", public read committed off");
        }
    }

    @SharingTargets
    void keepsSetLocalWithinItsTransaction(Target target) {
        try (WireClient client = WireClient.connect(target.twoServers())) {
            client.query("begin; set local work_mem = '5MB'");
            assertThat(client.ask("show work_mem")).isEqualTo("5MB");
            client.query("commit");
            assertOnBothServers(target, client, DEFAULTS);
        }
    }

    @SharingTargets
    void keepsTheCharacteristicsOfTheSession(Target target) {
        try (WireClient client = WireClient.connect(target.twoServers())) {
            client.query("set session characteristics as transaction isolation level serializable, read only");
            assertOnBothServers(target, client, "4MB 0 \"$user\", public serializable on");
        }
    }

    @SharingTargets
    void keepsWhatSetConfigSets(Target target) {
        try (WireClient client = WireClient.connect(target.twoServers())) {
            client.send(
                    parse("", "select set_config($1, $2, false), set_config('search_path', 'pg_catalog', true)"),
                    bind("", "", "work_mem", "5MB"),
                    execute(),
                    sync());
            assertThat(client.answers()).contains("C(SELECT 1)", "Z(I)");
            assertOnBothServers(target, client, "5MB 0 \"$user\", public read committed off");
        }
    }

    @SharingTargets
    void resetsToTheSettingsOfTheStartupPacket(Target target) {
        String startup = "-c work_mem=5MB -c statement_timeout=71s -c search_path=pg_catalog";
        for (String reset : List.of("reset all", "discard all", "reset work_mem; reset statement_timeout")) {
            try (WireClient client = WireClient.connect(target.twoServers().withParameter("options", startup))) {
                assertOnBothServers(target, client, "5MB 71s pg_catalog read committed off");
                client.query("set work_mem = '6MB'; set statement_timeout = '72s'");
                assertOnBothServers(target, client, "6MB 72s pg_catalog read committed off");
                for (String one : reset.split("; ")) {
                    client.query(one);
                }
                assertOnBothServers(target, client, "5MB 71s pg_catalog read committed off");
            }
        }
    }

    /** libpq's ways to write them, blanks escaped as PostgreSQL wants it. */
    @SharingTargets
    void takesEveryFormOfOptions(Target target) {
        for (String options : List.of(
                "-c work_mem=5MB -c search_path=\"a\\ b\"",
                "-cwork_mem=5MB --search_path=\"a\\ b\"",
                "--work-mem=5MB  -c  search_path=\"a\\ b\" ")) {
            try (WireClient client = WireClient.connect(target.twoServers().withParameter("options", options))) {
                assertOnBothServers(target, client, "5MB 0 \"a b\" read committed off");
            }
        }
    }

    /** What a client says in its startup packet and what the server makes of it may be written differently. */
    @SharingTargets
    void putsAValueOnTheServerOnceHoweverTheServerWritesIt(Target target) {
        try (WireClient client = WireClient.connect(
                target.twoServers().withParameter("DateStyle", "iso").withParameter("TimeZone", "utc"))) {
            client.query("set datestyle = 'iso, mdy'; set extra_float_digits = 0");
            String before = client.ask("select pg_backend_pid()");
            for (int i = 0; i < 5; i++) {
                // Of the gateway's own statements PostgreSQL would remember the last one here.
                assertThat(client.query("select query from pg_stat_activity where pid = pg_backend_pid()")
                                .get(1))
                        .isEqualTo("D(select query from pg_stat_activity where pid = pg_backend_pid())");
            }
            assertThat(client.ask("select pg_backend_pid()")).isEqualTo(before);
        }
    }
}
