package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import org.junit.jupiter.api.extension.ExtendWith;

/** Simple query protocol: what one Query message may hold and what comes back. */
@ExtendWith(CleanAfterEach.class)
class SimpleQueryIT {

    @EveryTarget
    void answersOneRow(Target target) {
        try (WireClient client = target.connect()) {
            assertThat(client.query("select 1 as one, null as nothing, 'x' as text"))
                    .containsExactly("T(one:23,nothing:25,text:25)", "D(1,null,x)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void answersAnEmptyQueryWithEmptyQueryResponse(Target target) {
        try (WireClient client = target.connect()) {
            assertThat(client.query("")).containsExactly("I", "Z(I)");
            assertThat(client.query("  ; ;")).containsExactly("I", "Z(I)");
            assertThat(client.query("-- nothing but a comment")).containsExactly("I", "Z(I)");
        }
    }

    @EveryTarget
    void answersEachStatementOfOneQuery(Target target) {
        try (WireClient client = target.connect()) {
            assertThat(client.query("select 1 as a; select 2 as b; select 3 as c"))
                    .containsExactly(
                            "T(a:23)",
                            "D(1)",
                            "C(SELECT 1)",
                            "T(b:23)",
                            "D(2)",
                            "C(SELECT 1)",
                            "T(c:23)",
                            "D(3)",
                            "C(SELECT 1)",
                            "Z(I)");
        }
    }

    @EveryTarget
    void stopsAtTheFirstErrorOfOneQueryAndUndoesWhatCameBefore(Target target) {
        String table = Names.unique("undone");
        try (WireClient client = target.connect()) {
            assertThat(client.query("create table " + table + " (n int); select 1/0; select 1"))
                    .containsExactly("C(CREATE TABLE)", "E(ERROR 22012)", "Z(I)");
            assertThat(client.query("select * from " + table)).containsExactly("E(ERROR 42P01)", "Z(I)");
        }
    }

    @EveryTarget
    void runsAWholeTransactionInOneQuery(Target target) {
        String table = Names.unique("whole");
        try (WireClient client = target.connect()) {
            client.query("create table " + table + " (n int)");
            assertThat(client.query("begin; insert into " + table + " values (1); commit"))
                    .containsExactly("C(BEGIN)", "C(INSERT 0 1)", "C(COMMIT)", "Z(I)");
            assertThat(client.query("begin; insert into " + table + " values (2); rollback; insert into " + table
                            + " values (3)"))
                    .containsExactly("C(BEGIN)", "C(INSERT 0 1)", "C(ROLLBACK)", "C(INSERT 0 1)", "Z(I)");
            assertThat(client.ask("select string_agg(n::text, ' ' order by n) from " + table))
                    .isEqualTo("1 3");
            assertThat(client.query("commit; begin; insert into " + table + " values (4)"))
                    .containsExactly("N(WARNING 25P01)", "C(COMMIT)", "C(BEGIN)", "C(INSERT 0 1)", "Z(T)");
            assertThat(client.query("drop table " + table + "; commit"))
                    .containsExactly("C(DROP TABLE)", "C(COMMIT)", "Z(I)");
        }
    }

    @EveryTarget
    void keepsATransactionOverManyQueries(Target target) {
        try (WireClient client = target.connect()) {
            assertThat(client.query("begin")).containsExactly("C(BEGIN)", "Z(T)");
            String pid = client.ask("select pg_backend_pid()");
            assertThat(client.ask("select pg_backend_pid()")).isEqualTo(pid);
            assertThat(client.query("select 1/0")).containsExactly("E(ERROR 22012)", "Z(E)");
            assertThat(client.query("select 1")).containsExactly("E(ERROR 25P02)", "Z(E)");
            assertThat(client.query("")).containsExactly("I", "Z(E)");
            assertThat(client.query("commit")).containsExactly("C(ROLLBACK)", "Z(I)");
        }
    }

    @EveryTarget
    void undoesToASavepoint(Target target) {
        try (WireClient client = target.connect()) {
            assertThat(client.query("begin; savepoint s")).containsExactly("C(BEGIN)", "C(SAVEPOINT)", "Z(T)");
            assertThat(client.query("nonsense")).containsExactly("E(ERROR 42601)", "Z(E)");
            assertThat(client.query("rollback to savepoint s")).containsExactly("C(ROLLBACK)", "Z(T)");
            assertThat(client.query("release s")).containsExactly("C(RELEASE)", "Z(T)");
            assertThat(client.query("commit and chain")).containsExactly("C(COMMIT)", "Z(T)");
            assertThat(client.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
        }
    }

    @EveryTarget
    void handsOnNotices(Target target) {
        try (WireClient client = target.connect()) {
            assertThat(client.query("do $$ begin raise notice 'one'; raise warning 'two'; end $$"))
                    .containsExactly("N(NOTICE 00000)", "N(WARNING 01000)", "C(DO)", "Z(I)");
        }
    }

    @EveryTarget
    void answersQueriesSentBeforeTheFirstAnswer(Target target) {
        try (WireClient client = target.connect()) {
            client.send(
                    FrontendBytes.query("select 1 as a"), FrontendBytes.query("select 1/0"), FrontendBytes.query(""));
            assertThat(client.answers()).containsExactly("T(a:23)", "D(1)", "C(SELECT 1)", "Z(I)");
            assertThat(client.answers()).containsExactly("E(ERROR 22012)", "Z(I)");
            assertThat(client.answers()).containsExactly("I", "Z(I)");
        }
    }

    @EveryTarget
    void readsMessagesThatComeByteByByte(Target target) {
        try (WireClient client = target.connect()) {
            client.sendSplit(1, FrontendBytes.query("select 1 as a"), FrontendBytes.query("select 2 as b"));
            assertThat(client.answers()).containsExactly("T(a:23)", "D(1)", "C(SELECT 1)", "Z(I)");
            assertThat(client.answers()).containsExactly("T(b:23)", "D(2)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void refusesAQueryWithoutTerminatorAndGoesOn(Target target) {
        try (WireClient client = target.connect()) {
            client.send(FrontendBytes.message('Q', new byte[] {'s', 'e', 'l', 'e', 'c', 't'}));
            assertThat(client.answers()).containsExactly("E(ERROR 08P01)", "Z(I)");
            assertThat(client.ask("select 7")).isEqualTo("7");
        }
    }
}
