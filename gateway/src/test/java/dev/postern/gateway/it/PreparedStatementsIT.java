package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.closeStatement;
import static dev.postern.gateway.it.harness.FrontendBytes.concat;
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
import dev.postern.gateway.it.harness.SharingTargets;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;

/** Named prepared statements belong to the client, whichever server runs them. */
@ExtendWith(CleanAfterEach.class)
class PreparedStatementsIT {
    private static byte[] run(String statement, String... parameters) {
        return concat(bind("", statement, parameters), execute());
    }

    @EveryTarget
    void runsANamedStatementInLaterTransactionsOnAnyServer(Target target) {
        try (WireClient client = target.connect();
                WireClient first = target.connect();
                WireClient second = target.connect()) {
            client.send(parse("s", "select $1::int * 2 as twice"), sync());
            assertThat(client.answers()).containsExactly("1", "Z(I)");
            // Two others sit on the servers that were idle, among them the one that knows the statement.
            first.query("begin");
            second.query("begin");
            client.send(run("s", "21"), sync());
            assertThat(client.answers()).containsExactly("2", "D(42)", "C(SELECT 1)", "Z(I)");
            first.query("commit");
            second.query("commit");
            client.send(describeStatement("s"), run("s", "4"), sync());
            assertThat(client.answers()).containsExactly("t(23)", "T(twice:23)", "2", "D(8)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void keepsTheSameNameApartForTwoClients(Target target) {
        try (WireClient one = target.connect();
                WireClient two = target.connect()) {
            one.send(parse("s", "select 'one'"), sync());
            two.send(parse("s", "select 'two'"), sync());
            assertThat(one.answers()).containsExactly("1", "Z(I)");
            assertThat(two.answers()).containsExactly("1", "Z(I)");
            for (int i = 0; i < 3; i++) {
                one.send(run("s"), sync());
                assertThat(one.answers()).containsExactly("2", "D(one)", "C(SELECT 1)", "Z(I)");
                two.send(run("s"), sync());
                assertThat(two.answers()).containsExactly("2", "D(two)", "C(SELECT 1)", "Z(I)");
            }
        }
    }

    @EveryTarget
    void tellsStatementsOfEqualTextAndOtherTypesApart(Target target) {
        try (WireClient one = target.connect();
                WireClient two = target.connect()) {
            one.send(parse("s", "select pg_typeof($1)::text", 23), sync());
            two.send(parse("s", "select pg_typeof($1)::text", 25), sync());
            assertThat(one.answers()).containsExactly("1", "Z(I)");
            assertThat(two.answers()).containsExactly("1", "Z(I)");
            one.send(run("s", "1"), sync());
            two.send(run("s", "1"), sync());
            assertThat(one.answers()).containsExactly("2", "D(integer)", "C(SELECT 1)", "Z(I)");
            assertThat(two.answers()).containsExactly("2", "D(text)", "C(SELECT 1)", "Z(I)");
        }
    }

    /** Another server still has the text from before: as a copy with the old plan. */
    @SharingTargets
    void preparesAfterDdlWithANewPlanOnEveryServer(Target target) {
        String table = Names.unique("ddl");
        try (WireClient client = WireClient.connect(target.twoServers());
                WireClient holder = WireClient.connect(target.twoServers())) {
            client.query("create table " + table + " as select 1 as a");
            for (String change : List.of("alter table " + table + " add b int", "drop table " + table)) {
                client.send(parse("s", "select * from " + table), sync());
                assertThat(client.answers()).containsExactly("1", "Z(I)");
                onBothServers(client, holder, "D(1");
                client.query("begin; " + change + "; create table if not exists " + table
                        + " as select 1 as a, 2 as c, 3 as d");
                client.send(closeStatement("s"), parse("s", "select * from " + table), sync());
                assertThat(client.answers()).containsExactly("3", "1", "Z(T)");
                client.query("commit");
                onBothServers(client, holder, "D(1");
                client.query("deallocate all");
            }
            client.query("drop table " + table);
        }
    }

    private static void onBothServers(WireClient client, WireClient holder, String row) {
        for (String first : List.of("select 1", "begin", "commit")) {
            holder.query(first);
            client.send(run("s"), sync());
            assertThat(client.answers().get(1)).startsWith(row);
        }
    }

    @EveryTarget
    void refusesADuplicateName(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("s", "select 1"), sync(), parse("s", "select 2"), sync(), run("s"), sync());
            assertThat(client.answers()).containsExactly("1", "Z(I)");
            assertThat(client.answers()).containsExactly("E(ERROR 42P05)", "Z(I)");
            assertThat(client.answers()).containsExactly("2", "D(1)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void givesANameFreeAtClose(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("s", "select 1"), sync());
            assertThat(client.answers()).containsExactly("1", "Z(I)");
            client.send(closeStatement("s"), parse("s", "select 2"), run("s"), sync());
            assertThat(client.answers()).containsExactly("3", "1", "2", "D(2)", "C(SELECT 1)", "Z(I)");
            client.send(closeStatement("s"), closeStatement("s"), sync());
            assertThat(client.answers()).containsExactly("3", "3", "Z(I)");
            client.send(run("s"), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 26000)", "Z(I)");
        }
    }

    @EveryTarget
    void closesAndParsesOtherTextUnderTheSameNameInOnePipeline(Target target) {
        try (WireClient client = target.connect()) {
            client.send(
                    parse("s", "select 1"),
                    run("s"),
                    closeStatement("s"),
                    parse("s", "select 2"),
                    run("s"),
                    closeStatement("s"),
                    sync());
            assertThat(client.answers())
                    .containsExactly(
                            "1", "2", "D(1)", "C(SELECT 1)", "3", "1", "2", "D(2)", "C(SELECT 1)", "3", "Z(I)");
        }
    }

    @EveryTarget
    void refusesUnknownNamesAndGoesOn(Target target) {
        try (WireClient client = target.connect()) {
            client.send(describeStatement("unknown"), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 26000)", "Z(I)");
            client.send(run("unknown"), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 26000)", "Z(I)");
            client.send(closeStatement("unknown"), sync());
            assertThat(client.answers()).containsExactly("3", "Z(I)");
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @EveryTarget
    void refusesUnknownNamesInTheMiddleOfAPipeline(Target target) {
        try (WireClient client = target.connect()) {
            client.send(
                    parse("known", "select 1"),
                    run("known"),
                    run("unknown"),
                    parse("never", "select 2"),
                    sync(),
                    run("known"),
                    sync(),
                    run("never"),
                    sync());
            assertThat(client.answers()).containsExactly("1", "2", "D(1)", "C(SELECT 1)", "E(ERROR 26000)", "Z(I)");
            assertThat(client.answers()).containsExactly("2", "D(1)", "C(SELECT 1)", "Z(I)");
            assertThat(client.answers()).containsExactly("E(ERROR 26000)", "Z(I)");
        }
    }

    @EveryTarget
    void failsTheTransactionAtAnUnknownName(Target target) {
        try (WireClient client = target.connect()) {
            client.query("begin");
            client.send(describeStatement("unknown"), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 26000)", "Z(E)");
            assertThat(client.query("commit")).containsExactly("C(ROLLBACK)", "Z(I)");
        }
    }

    @EveryTarget
    void doesNotRememberAFailedParse(Target target) {
        String table = Names.unique("later");
        try (WireClient client = target.connect()) {
            String sql = "select * from " + table;
            client.send(parse("s", sql), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 42P01)", "Z(I)");
            client.send(run("s"), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 26000)", "Z(I)");
            client.query("create table " + table + " (n int)");
            client.send(parse("s", sql), run("s"), sync());
            assertThat(client.answers()).containsExactly("1", "2", "C(SELECT 0)", "Z(I)");
            client.query("drop table " + table);
        }
    }

    @EveryTarget
    void doesNotRememberAParseSkippedAfterAnError(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("", "nonsense"), parse("s", "select 1"), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 42601)", "Z(I)");
            client.send(run("s"), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 26000)", "Z(I)");
            client.send(parse("s", "select 2"), run("s"), sync());
            assertThat(client.answers()).containsExactly("1", "2", "D(2)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void remembersACloseSkippedAfterAnErrorAsNotDone(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("s", "select 1"), sync(), parse("", "nonsense"), closeStatement("s"), sync());
            assertThat(client.answers()).containsExactly("1", "Z(I)");
            assertThat(client.answers()).containsExactly("E(ERROR 42601)", "Z(I)");
            client.send(run("s"), sync());
            assertThat(client.answers()).containsExactly("2", "D(1)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void keepsAStatementParsedInATransactionThatIsRolledBack(Target target) {
        try (WireClient client = target.connect()) {
            client.query("begin");
            client.send(parse("s", "select 'kept'"), sync());
            assertThat(client.answers()).containsExactly("1", "Z(T)");
            client.query("rollback");
            client.send(run("s"), sync());
            assertThat(client.answers()).containsExactly("2", "D(kept)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void parsesWithFlushBeforeUse(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("s", "select $1::text"), describeStatement("s"), flush());
            assertThat(client.receive()).hasToString("1");
            assertThat(client.receive()).hasToString("t(25)");
            assertThat(client.receive()).hasToString("T(text:25)");
            client.send(run("s", "x"), sync());
            assertThat(client.answers()).containsExactly("2", "D(x)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void runsMoreStatementsThanAServerKeeps(Target target) {
        int count = 450;
        try (WireClient client = target.connect()) {
            for (int i = 0; i < count; i++) {
                client.send(parse("s" + i, "select " + i + " as n"), sync());
                assertThat(client.answers()).containsExactly("1", "Z(I)");
            }
            for (int i = 0; i < count; i++) {
                client.send(run("s" + i), sync());
                assertThat(client.answers()).containsExactly("2", "D(" + i + ")", "C(SELECT 1)", "Z(I)");
            }
        }
    }

    @EveryTarget
    void runsMoreStatementsThanAServerKeepsInOnePipeline(Target target) {
        int count = 1000;
        int distinct = 300;
        try (WireClient client = target.connect()) {
            List<byte[]> parses = new ArrayList<>();
            for (int i = 0; i < distinct; i++) {
                parses.add(parse("s" + i, "select " + i + " as n"));
            }
            client.send(parses.toArray(byte[][]::new)).send(sync());
            client.receiveUntilReady();
            List<byte[]> runs = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                runs.add(run("s" + i % distinct));
            }
            Thread sender = Thread.ofVirtual()
                    .start(() -> client.send(runs.toArray(byte[][]::new)).send(sync()));
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                expected.addAll(List.of("2", "D(" + i % distinct + ")", "C(SELECT 1)"));
            }
            expected.add("Z(I)");
            assertThat(client.answers()).isEqualTo(expected);
            assertThat(sender.isAlive()).isFalse();
        }
    }

    @EveryTarget
    void acceptsNamesOf16KilobytesAndTextsLargerThanBuffers(Target target) {
        String name = "n".repeat(16 * 1024);
        String sql = "select length('" + "x".repeat(300_000) + "')";
        try (WireClient client = target.connect()) {
            client.send(parse(name, sql), sync());
            assertThat(client.answers()).containsExactly("1", "Z(I)");
            client.sendSplit(1000, run(name), sync());
            assertThat(client.answers()).containsExactly("2", "D(300000)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void givesANameFreeAtDeallocate(Target target) {
        try (WireClient client = target.connect();
                WireClient other = target.connect()) {
            for (WireClient one : List.of(client, other)) {
                one.send(parse("s", "select 1"), sync(), parse("My \"own\"", "select 2"), sync());
                one.receiveUntilReady();
                one.receiveUntilReady();
            }
            assertThat(client.query("deallocate S")).containsExactly("C(DEALLOCATE)", "Z(I)");
            assertThat(client.query("deallocate prepare \"My \"\"own\"\"\";")).containsExactly("C(DEALLOCATE)", "Z(I)");
            assertThat(client.query("deallocate s")).containsExactly("E(ERROR 26000)", "Z(I)");
            client.send(run("s"), sync(), parse("s", "select 3"), run("s"), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 26000)", "Z(I)");
            assertThat(client.answers()).containsExactly("1", "2", "D(3)", "C(SELECT 1)", "Z(I)");
            other.send(run("s"), run("My \"own\""), sync());
            assertThat(other.answers()).containsExactly("2", "D(1)", "C(SELECT 1)", "2", "D(2)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void deallocatesInItsTurn(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("s", "select 1"), sync());
            client.receiveUntilReady();
            client.send(
                    query("begin"),
                    run("s"),
                    sync(),
                    query("deallocate s"),
                    run("s"),
                    sync(),
                    query("deallocate s"),
                    query("rollback"),
                    run("s"),
                    sync());
            assertThat(client.answers()).containsExactly("C(BEGIN)", "Z(T)");
            assertThat(client.answers()).containsExactly("2", "D(1)", "C(SELECT 1)", "Z(T)");
            assertThat(client.answers()).containsExactly("C(DEALLOCATE)", "Z(T)");
            assertThat(client.answers()).containsExactly("E(ERROR 26000)", "Z(E)");
            assertThat(client.answers()).containsExactly("E(ERROR 25P02)", "Z(E)");
            assertThat(client.answers()).containsExactly("C(ROLLBACK)", "Z(I)");
            assertThat(client.answers()).containsExactly("E(ERROR 26000)", "Z(I)");
        }
    }

    @EveryTarget
    void deallocatesByTheExtendedProtocol(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("s", "select 1"), parse("d", "deallocate s"), sync());
            assertThat(client.answers()).containsExactly("1", "1", "Z(I)");
            client.send(run("s"), run("d"), run("s"), sync());
            assertThat(client.answers())
                    .containsExactly("2", "D(1)", "C(SELECT 1)", "2", "C(DEALLOCATE)", "E(ERROR 26000)", "Z(I)");
            client.send(run("d"), sync());
            assertThat(client.answers()).containsExactly("2", "E(ERROR 26000)", "Z(I)");
            for (int i = 0; i < 2; i++) {
                client.send(parse("s", "select 2"), sync());
                assertThat(client.answers()).containsExactly("1", "Z(I)");
                client.send(parse("", "deallocate s"), run(""), run("s"), sync());
                assertThat(client.answers()).containsExactly("1", "2", "C(DEALLOCATE)", "E(ERROR 26000)", "Z(I)");
            }
        }
    }

    @EveryTarget
    void deallocatesInAFailedTransactionAsLittleAsPostgresql(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("s", "select 1"), sync());
            client.receiveUntilReady();
            client.query("begin");
            client.query("select 1/0");
            assertThat(client.query("deallocate s")).containsExactly("E(ERROR 25P02)", "Z(E)");
            client.query("rollback");
            client.send(run("s"), sync());
            assertThat(client.answers()).containsExactly("2", "D(1)", "C(SELECT 1)", "Z(I)");
        }
    }
}
