package dev.postern.gateway.relay;

import static dev.postern.gateway.relay.Frames.bind;
import static dev.postern.gateway.relay.Frames.bindComplete;
import static dev.postern.gateway.relay.Frames.complete;
import static dev.postern.gateway.relay.Frames.error;
import static dev.postern.gateway.relay.Frames.execute;
import static dev.postern.gateway.relay.Frames.frame;
import static dev.postern.gateway.relay.Frames.parameterStatus;
import static dev.postern.gateway.relay.Frames.parse;
import static dev.postern.gateway.relay.Frames.parseComplete;
import static dev.postern.gateway.relay.Frames.query;
import static dev.postern.gateway.relay.Frames.ready;
import static dev.postern.gateway.relay.Frames.sync;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is known of a session's settings behind SET and RESET, and when the server is asked. */
class PlainSettingsTest {
    private final Pair pair = new Pair();

    @AfterEach
    void leavesNothingBehind() {
        pair.end();
        assertThat(pair.bytesNotReleased()).isZero();
    }

    private void run(String sql, String tag, char status) {
        pair.fromClient(query(sql.replace('.', Frames.DOT)));
        pair.fromServer(complete(tag), ready(status));
    }

    private void assertLearned(Map<String, String> expected) {
        assertThat(pair.link.isClean()).isTrue();
        assertThat(pair.link.inquiry().begins()).as("asks").isFalse();
        assertThat(pair.client.settings().values()).isEqualTo(expected);
        assertThat(pair.server.settings()).isSameAs(pair.client.settings());
        pair.link.end();
        assertThat(pair.server.areSettingsUnknown()).isFalse();
    }

    private void assertAsks() {
        assertThat(pair.link.isClean()).isTrue();
        assertThat(pair.link.inquiry().begins()).as("asks").isTrue();
    }

    @Test
    void learnsASetFromItsText() {
        run("set work_mem = '5MB'", "SET", 'I');
        assertLearned(Map.of("work_mem", "5MB"));
    }

    @Test
    void leavesAServerUnknownThatMayHoldMore() {
        pair.server.settingsUnknown();
        run("set work_mem = '5MB'", "SET", 'I');
        pair.fromClient(query("set timezone = -7"));
        pair.fromServer(complete("SET"), parameterStatus("TimeZone", "<-07>+07"), ready('I'));
        assertThat(pair.client.settings().values()).isEqualTo(Map.of("work_mem", "5MB", "timezone", "<-07>+07"));
        assertThat(pair.server.areSettingsUnknown()).isTrue();
    }

    @Test
    void learnsNothingFromOneThatFails() {
        pair.fromClient(query("set work_mem = 'x'"));
        pair.fromServer(error("22023"), ready('I'));
        assertLearned(Map.of());
    }

    @Test
    void learnsAtTheEndOfTheTransaction() {
        run("begin", "BEGIN", 'T');
        run("set work_mem = '5MB'", "SET", 'T');
        assertThat(pair.client.settings().values()).isEmpty();
        run("set local work_mem = '7MB'", "SET", 'T');
        run("set statement_timeout = 7", "SET", 'T');
        run("reset work_mem", "RESET", 'T');
        run("commit", "COMMIT", 'I');
        assertLearned(Map.of("statement_timeout", "7"));
    }

    @Test
    void asksWhatARollbackHasLeft() {
        run("begin", "BEGIN", 'T');
        run("set work_mem = '5MB'", "SET", 'T');
        run("rollback to a", "ROLLBACK", 'T');
        run("set statement_timeout = 7", "SET", 'T');
        run("commit", "COMMIT", 'I');
        assertAsks();
    }

    @Test
    void asksNothingForSetLocalWhateverBecomesOfIt() {
        run("begin", "BEGIN", 'T');
        run("set local work_mem = '5MB'", "SET", 'T');
        run("rollback", "ROLLBACK", 'I');
        assertLearned(Map.of());
    }

    @Test
    void asksWhenAPipelineFailsBehindASet() {
        pair.fromClient(
                parse("", "set work_mem = '5MB'"), bind(""), execute(), parse("", "x"), bind(""), execute(), sync());
        pair.fromServer(parseComplete(), bindComplete(), complete("SET"), error("42601"), ready('I'));
        assertAsks();
    }

    @Test
    void learnsFromStatementsOfTheExtendedProtocol() {
        pair.fromClient(parse("", "set work_mem = '5MB'"), bind(""), execute(), sync());
        pair.fromServer(parseComplete(), bindComplete(), complete("SET"), ready('I'));
        pair.fromClient(parse("s", "set statement_timeout = 7"), bind("s"), execute(), sync());
        pair.fromServer(parseComplete(), bindComplete(), complete("SET"), ready('I'));
        assertLearned(Map.of("work_mem", "5MB", "statement_timeout", "7"));
    }

    @Test
    void asksWhenItIsNotCertainWhichPortalRuns() {
        pair.fromClient(parse("s", "set statement_timeout = 7"), frame('B', "p.s......."));
        pair.fromClient(parse("", "set work_mem = '5MB'"), bind(""), frame('E', "p....."), sync());
        pair.fromServer(parseComplete(), bindComplete(), parseComplete(), bindComplete(), complete("SET"), ready('I'));
        assertAsks();
    }

    @Test
    void asksWhenAnotherStatementRunsThanTheOneThatWasBoundLast() {
        pair.fromClient(
                parse("", "set work_mem = '5MB'"),
                bind(""),
                execute(),
                parse("", "set schema 'x'"),
                bind(""),
                execute());
        pair.fromClient(sync());
        pair.fromServer(parseComplete(), bindComplete(), complete("SET"));
        pair.fromServer(parseComplete(), bindComplete(), complete("SET"), ready('I'));
        assertAsks();
    }

    @Test
    void asksForWhatIsOneOfSeveralStatements() {
        run("set work_mem = '5MB'; select 1", "SET", 'I');
        assertAsks();
    }

    @Test
    void leavesWhatIsReportedToTheReport() {
        pair.server.initially.put("default_transaction_read_only", "off");
        run("set default_transaction_read_only = true", "SET", 'I'); // it was so before
        assertLearned(Map.of());
    }

    /** The report of the last one is there before the end of the transaction. */
    @Test
    void takesNothingBackThatWasReportedBehindAReset() {
        pair.server.initially.put("TimeZone", "UTC");
        for (String reset : List.of("reset timezone", "reset all")) {
            pair.fromClient(parse("", reset), bind(""), execute());
            pair.fromServer(parseComplete(), bindComplete(), complete("RESET"));
            pair.fromClient(parse("", "set timezone = -7"), bind(""), execute(), sync());
            pair.fromServer(parseComplete(), bindComplete(), complete("SET"));
            pair.fromServer(parameterStatus("TimeZone", "<-07>+07"), ready('I'));
            assertThat(pair.client.settings().values()).as(reset).isEqualTo(Map.of("timezone", "<-07>+07"));
            run("set timezone = 'UTC'", "SET", 'I');
        }
    }

    @Test
    void resetGoesBackToTheStartupPacket() {
        pair.client.startup = SessionSettings.of(Map.of("search_path", "a", "timezone", "Asia/Tokyo"));
        pair.client.settings(pair.client.startup.with("search_path", "b").with("work_mem", "5MB"));
        pair.server.settings(pair.client.settings());
        run("reset work_mem", "RESET", 'I');
        assertThat(pair.toServer()).containsExactly("Q:reset work_mem.");
        run("reset search_path", "RESET", 'I');
        assertThat(pair.toServer()).containsExactly("Q:reset search_path.", "Q:SET \"search_path\" TO E'a';.");
        pair.fromServer(complete("SET"), ready('I'));
        assertLearned(Map.of("search_path", "a", "timezone", "Asia/Tokyo"));
    }

    @Test
    void resetAllLeavesTheRoleAlone() {
        pair.client.startup = SessionSettings.of(Map.of("work_mem", "5MB", "role", "r"));
        pair.client.settings(SessionSettings.of(Map.of("work_mem", "6MB", "role", "q", "jit", "off")));
        pair.server.settings(pair.client.settings());
        run("reset all", "RESET", 'I');
        assertThat(pair.toServer()).containsExactly("Q:reset all.", "Q:SET \"work_mem\" TO E'5MB';.");
        pair.fromServer(complete("SET"), ready('I'));
        assertLearned(Map.of("work_mem", "5MB", "role", "q"));
    }

    @Test
    void asksWhatIsLeftOfSettingsThatApplicationsMakeUp() {
        run("set app.who = 'ann'", "SET", 'I');
        run("reset app.who", "RESET", 'I');
        assertAsks();
    }

    @Test
    void remembersSoManyOfThemAndAsksForTheRest() {
        for (int i = 0; i < Inquiry.MOST_NAMES; i++) {
            run("set app.n" + i + " = 'x'", "SET", 'I');
        }
        assertThat(pair.client.settings().values()).hasSize(Inquiry.MOST_NAMES);
        run("set app.n1 = 'y'", "SET", 'I');
        assertThat(pair.link.inquiry().begins()).as("asks").isFalse();
        run("set app.other = 'x'", "SET", 'I');
        assertAsks();
    }

    /** A cursor that stops half way has called its function all the same. */
    @Test
    void whatRunsInPartBehindAResetMayHaveSetItAgain() {
        pair.client.startup = SessionSettings.of(Map.of("search_path", "a"));
        pair.client.settings(pair.client.startup);
        pair.fromClient(parse("", "reset search_path"), bind(""), execute());
        pair.fromServer(parseComplete(), bindComplete(), complete("RESET"));
        pair.fromClient(parse("", "select f()"), bind(""), execute(), sync());
        pair.toServer();
        pair.fromServer(parseComplete(), bindComplete(), frame('s', ""), ready('I'));
        assertThat(pair.toServer().getLast()).contains("WHERE name NOT IN");
    }

    @Test
    void whatRunsBehindAResetInItsPipelineMayHaveSetItAgain() {
        pair.client.startup = SessionSettings.of(Map.of("search_path", "a"));
        pair.client.settings(pair.client.startup);
        pair.fromClient(parse("", "reset search_path"), bind(""), execute());
        pair.fromServer(parseComplete(), bindComplete(), complete("RESET"));
        pair.fromClient(parse("", "set search_path = b"), bind(""), execute(), sync());
        pair.toServer();
        pair.fromServer(parseComplete(), bindComplete(), complete("SET"), ready('I'));
        assertThat(pair.toServer().getLast()).contains("WHERE name NOT IN"); // and not a plain SET
    }
}
