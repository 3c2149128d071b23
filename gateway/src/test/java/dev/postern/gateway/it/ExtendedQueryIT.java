package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.closePortal;
import static dev.postern.gateway.it.harness.FrontendBytes.concat;
import static dev.postern.gateway.it.harness.FrontendBytes.describePortal;
import static dev.postern.gateway.it.harness.FrontendBytes.describeStatement;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.flush;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.query;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import org.junit.jupiter.api.extension.ExtendWith;

/** Extended query protocol with the unnamed statement: pipelines, errors in their middle, portals. */
@ExtendWith(CleanAfterEach.class)
class ExtendedQueryIT {
    private static byte[] run(String sql, String... parameters) {
        return concat(parse("", sql), bind("", "", parameters), execute());
    }

    @EveryTarget
    void answersParseBindDescribeExecuteSync(Target target) {
        try (WireClient client = target.connect()) {
            client.send(
                    parse("", "select $1::int + 1 as n"),
                    describeStatement(""),
                    bind("", "", "41"),
                    describePortal(""),
                    execute(),
                    sync());
            assertThat(client.answers())
                    .containsExactly("1", "t(23)", "T(n:23)", "2", "T(n:23)", "D(42)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void describesAStatementWithoutRowsAsNoData(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("", "begin"), describeStatement(""), bind("", ""), execute(), sync());
            assertThat(client.answers()).containsExactly("1", "t()", "n", "2", "C(BEGIN)", "Z(T)");
            client.send(run("commit"), sync());
            assertThat(client.answers()).containsExactly("1", "2", "C(COMMIT)", "Z(I)");
        }
    }

    @EveryTarget
    void answersAnEmptyStatementWithEmptyQueryResponse(Target target) {
        try (WireClient client = target.connect()) {
            client.send(run(""), sync());
            assertThat(client.answers()).containsExactly("1", "2", "I", "Z(I)");
        }
    }

    @EveryTarget
    void answersALoneSync(Target target) {
        try (WireClient client = target.connect()) {
            client.send(sync(), sync());
            assertThat(client.answers()).containsExactly("Z(I)");
            assertThat(client.answers()).containsExactly("Z(I)");
        }
    }

    @EveryTarget
    void answersAPipelineOfSeveralSyncs(Target target) {
        try (WireClient client = target.connect()) {
            client.send(run("select 1"), sync(), run("select 2"), run("select 3"), sync(), run("select 4"), sync());
            assertThat(client.answers()).containsExactly("1", "2", "D(1)", "C(SELECT 1)", "Z(I)");
            assertThat(client.answers())
                    .containsExactly("1", "2", "D(2)", "C(SELECT 1)", "1", "2", "D(3)", "C(SELECT 1)", "Z(I)");
            assertThat(client.answers()).containsExactly("1", "2", "D(4)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void handsOnAnswersAtFlush(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("", "select 5"), flush());
            assertThat(client.receive()).hasToString("1");
            client.send(bind("", ""), flush());
            assertThat(client.receive()).hasToString("2");
            client.send(execute(), flush());
            assertThat(client.receive()).hasToString("D(5)");
            assertThat(client.receive()).hasToString("C(SELECT 1)");
            client.send(sync());
            assertThat(client.answers()).containsExactly("Z(I)");
        }
    }

    @EveryTarget
    void skipsToSyncAfterAnErrorInThePipeline(Target target) {
        String table = Names.unique("skipped");
        try (WireClient client = target.connect()) {
            client.query("create table " + table + " (n int)");
            client.send(
                    run("insert into " + table + " values (1)"),
                    run("select 1/(n - 1) from generate_series(1, 2) n"),
                    run("insert into " + table + " values (2)"),
                    sync(),
                    run("insert into " + table + " values (3)"),
                    sync());
            assertThat(client.answers()).containsExactly("1", "2", "C(INSERT 0 1)", "1", "2", "E(ERROR 22012)", "Z(I)");
            assertThat(client.answers()).containsExactly("1", "2", "C(INSERT 0 1)", "Z(I)");
            assertThat(client.ask("select string_agg(n::text, ' ') from " + table))
                    .as("what came before the error in the same implicit transaction is undone")
                    .isEqualTo("3");
            client.query("drop table " + table);
        }
    }

    @EveryTarget
    void skipsToSyncAlsoWhatArrivesAfterTheErrorWasSent(Target target) {
        try (WireClient client = target.connect()) {
            client.send(run("select 1/0"), flush());
            assertThat(client.receiveUntil('E').getLast()).hasToString("E(ERROR 22012)");
            client.send(run("select 2"));
            client.send(describeStatement(""), flush());
            client.send(query("select 'skipped too'"));
            client.send(sync());
            assertThat(client.answers()).containsExactly("Z(I)");
            client.send(run("select 3"), sync());
            assertThat(client.answers()).containsExactly("1", "2", "D(3)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void skipsASimpleQueryBehindAnErrorWithoutReadyForQueryOfItsOwn(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("", "nonsense"), query("select 1"), query("select 2"), sync(), query("select 3 as n"));
            assertThat(client.answers()).containsExactly("E(ERROR 42601)", "Z(I)");
            assertThat(client.answers()).containsExactly("T(n:23)", "D(3)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void endsABatchWithASimpleQueryInsteadOfSync(Target target) {
        try (WireClient client = target.connect()) {
            client.send(run("select 1"), query("select 2 as n"));
            assertThat(client.answers())
                    .containsExactly("1", "2", "D(1)", "C(SELECT 1)", "T(n:23)", "D(2)", "C(SELECT 1)", "Z(I)");
            assertThat(client.ask("select 3")).isEqualTo("3");
        }
    }

    @EveryTarget
    void keepsAFailedTransactionFailed(Target target) {
        try (WireClient client = target.connect()) {
            client.send(run("begin"), run("select 1/0"), sync(), run("select 1"), sync(), run("rollback"), sync());
            assertThat(client.answers()).containsExactly("1", "2", "C(BEGIN)", "1", "E(ERROR 22012)", "Z(E)");
            assertThat(client.answers()).containsExactly("E(ERROR 25P02)", "Z(E)");
            assertThat(client.answers()).containsExactly("1", "2", "C(ROLLBACK)", "Z(I)");
        }
    }

    @EveryTarget
    void suspendsAPortalAtItsRowLimit(Target target) {
        try (WireClient client = target.connect()) {
            client.send(
                    parse("", "select n from generate_series(1, 5) n"),
                    bind("", ""),
                    execute("", 2),
                    execute("", 2),
                    execute("", 2),
                    sync());
            assertThat(client.answers())
                    .containsExactly("1", "2", "D(1)", "D(2)", "s", "D(3)", "D(4)", "s", "D(5)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void keepsANamedPortalWithinItsTransaction(Target target) {
        try (WireClient client = target.connect()) {
            client.query("begin");
            client.send(parse("", "select n from generate_series(1, 3) n"), bind("p", ""), execute("p", 1), sync());
            assertThat(client.answers()).containsExactly("1", "2", "D(1)", "s", "Z(T)");
            assertThat(client.ask("select 'between'")).isEqualTo("between");
            client.send(execute("p", 1), sync());
            assertThat(client.answers()).containsExactly("D(2)", "s", "Z(T)");
            client.send(execute("p", 0), closePortal("p"), sync());
            assertThat(client.answers()).containsExactly("D(3)", "C(SELECT 1)", "3", "Z(T)");
            client.send(execute("p", 0), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 34000)", "Z(E)");
            client.query("rollback");
        }
    }

    @EveryTarget
    void forgetsAPortalAtTheEndOfItsTransaction(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("", "select 1"), bind("p", ""), sync());
            assertThat(client.answers()).containsExactly("1", "2", "Z(I)");
            client.send(describePortal("p"), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 34000)", "Z(I)");
            client.send(closePortal("p"), sync());
            assertThat(client.answers()).containsExactly("3", "Z(I)");
        }
    }

    @EveryTarget
    void keepsTheUnnamedStatementAcrossSync(Target target) {
        try (WireClient client = target.connect();
                WireClient other = target.connect()) {
            client.send(parse("", "select $1::text as mine"), sync());
            assertThat(client.answers()).containsExactly("1", "Z(I)");
            other.send(run("select 'theirs'"), sync());
            assertThat(other.answers()).containsExactly("1", "2", "D(theirs)", "C(SELECT 1)", "Z(I)");
            client.send(describeStatement(""), sync());
            assertThat(client.answers()).containsExactly("t(25)", "T(mine:25)", "Z(I)");
            client.send(bind("", "", "x"), execute(), sync());
            assertThat(client.answers()).containsExactly("2", "D(x)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void losesTheUnnamedStatementToASimpleQuery(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("", "select 1"), sync());
            assertThat(client.answers()).containsExactly("1", "Z(I)");
            assertThat(client.ask("select 2")).isEqualTo("2");
            client.send(bind("", ""), execute(), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 26000)", "Z(I)");
        }
    }

    @EveryTarget
    void readsAPipelineSplitAnywhere(Target target) {
        byte[] pipeline =
                concat(run("select $1::text", "some text"), sync(), run("select 1/0"), run("select 2"), sync());
        try (WireClient client = target.connect()) {
            for (int piece : new int[] {1, 2, 3, 5, 7, 11, 64}) {
                client.sendSplit(piece, pipeline);
                assertThat(client.answers()).containsExactly("1", "2", "D(some text)", "C(SELECT 1)", "Z(I)");
                assertThat(client.answers()).containsExactly("1", "E(ERROR 22012)", "Z(I)");
            }
        }
    }

    @EveryTarget
    void answersALongPipelineInOrder(Target target) {
        int batches = 500;
        byte[] pipeline = new byte[0];
        for (int i = 0; i < batches; i++) {
            pipeline = concat(pipeline, run("select " + i), sync());
        }
        try (WireClient client = target.connect()) {
            client.send(pipeline);
            for (int i = 0; i < batches; i++) {
                assertThat(client.answers()).containsExactly("1", "2", "D(" + i + ")", "C(SELECT 1)", "Z(I)");
            }
        }
    }

    @EveryTarget
    void refusesBindWithTheWrongNumberOfParameters(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("", "select $1::text"), bind("", "", "a", "b"), execute(), sync());
            assertThat(client.answers()).containsExactly("1", "E(ERROR 08P01)", "Z(I)");
        }
    }
}
