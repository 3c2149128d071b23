package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.concat;
import static dev.postern.gateway.it.harness.FrontendBytes.copyData;
import static dev.postern.gateway.it.harness.FrontendBytes.copyDone;
import static dev.postern.gateway.it.harness.FrontendBytes.copyFail;
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
import dev.postern.gateway.it.harness.WireMessage;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** COPY in both directions, by both protocols, with errors at every moment. */
@ExtendWith(CleanAfterEach.class)
class CopyIT {
    private final String table = Names.unique("copied");
    private final String copyIn = "copy " + table + " from stdin";

    private WireClient open(Target target) {
        WireClient client = WireClient.connect(target.oneServer());
        client.query("create table " + table + " (n int primary key deferrable initially deferred, t text)");
        return client;
    }

    @AfterEach
    void dropTable() {
        try (WireClient client = Target.DIRECT.connect()) {
            client.query("set role orders_backend; drop table if exists " + table);
            client.query("reset role; drop table if exists " + table);
        }
    }

    private void assertTableHolds(Target target, int rows) {
        // On one server a client that the gateway still counts as busy would keep this one waiting.
        try (WireClient other = WireClient.connect(target.oneServer())) {
            assertThat(other.ask("select count(*) from " + table)).isEqualTo(Integer.toString(rows));
        }
    }

    private static byte[] extended(String sql) {
        return concat(parse("", sql), bind("", ""), execute());
    }

    private static List<String> texts(List<WireMessage> messages) {
        return messages.stream().map(WireMessage::toString).toList();
    }

    @SharingTargets
    void copiesInBySimpleQuery(Target target) {
        try (WireClient client = open(target)) {
            client.send(query(copyIn));
            assertThat(client.receive()).hasToString("G(0,2)");
            client.send(copyData("1\tone\n2\tt"), copyData("wo\n"), copyDone());
            assertThat(client.answers()).containsExactly("C(COPY 2)", "Z(I)");
            assertTableHolds(target, 2);
        }
    }

    @SharingTargets
    void copiesInWithEverythingSentBeforeTheFirstAnswer(Target target) {
        try (WireClient client = open(target)) {
            client.send(query(copyIn), copyData("1\tone\n"), copyDone(), query("select 1 as n"));
            assertThat(client.answers()).containsExactly("G(0,2)", "C(COPY 1)", "Z(I)");
            assertThat(client.answers()).containsExactly("T(n:23)", "D(1)", "C(SELECT 1)", "Z(I)");
            assertTableHolds(target, 1);
        }
    }

    @SharingTargets
    void copiesInByExtendedQuery(Target target) {
        try (WireClient client = open(target)) {
            client.send(extended(copyIn), flush());
            assertThat(texts(client.receiveUntil('G'))).containsExactly("1", "2", "G(0,2)");
            client.send(copyData("1\tone\n"), copyDone(), sync());
            assertThat(client.answers()).containsExactly("C(COPY 1)", "Z(I)");
            assertTableHolds(target, 1);
        }
    }

    /** libpq sends Sync with Execute, which the server throws away while it copies, and another after CopyDone. */
    @SharingTargets
    void ignoresTheSyncThatComesWhileItCopies(Target target) {
        try (WireClient client = open(target)) {
            client.send(extended(copyIn), sync());
            assertThat(texts(client.receiveUntil('G'))).containsExactly("1", "2", "G(0,2)");
            client.send(copyData("1\tone\n"), sync(), flush(), copyData("2\ttwo\n"));
            client.send(copyDone(), sync());
            assertThat(client.answers()).containsExactly("C(COPY 2)", "Z(I)");
            assertThat(client.ask("select 1")).isEqualTo("1");
            assertTableHolds(target, 2);
        }
    }

    @SharingTargets
    void failsAtCopyFail(Target target) {
        try (WireClient client = open(target)) {
            client.send(query(copyIn));
            assertThat(client.receive()).hasToString("G(0,2)");
            client.send(copyData("1\tone\n"), copyFail("changed my mind"));
            assertThat(client.answers()).containsExactly("E(ERROR 57014)", "Z(I)");
            client.send(extended(copyIn), flush());
            assertThat(texts(client.receiveUntil('G'))).containsExactly("1", "2", "G(0,2)");
            client.send(copyFail("again"), sync());
            assertThat(client.answers()).containsExactly("E(ERROR 57014)", "Z(I)");
            assertTableHolds(target, 0);
        }
    }

    @SharingTargets
    void reportsAnErrorBeforeCopyDoneAndThrowsTheRestAway(Target target) {
        try (WireClient client = open(target)) {
            client.send(query(copyIn));
            assertThat(client.receive()).hasToString("G(0,2)");
            client.send(copyData("not a number\tone\n"), copyData("2\ttwo\n"), copyDone());
            assertThat(client.answers()).containsExactly("E(ERROR 22P02)", "Z(I)");
            assertThat(client.ask("select 1")).isEqualTo("1");
            assertTableHolds(target, 0);
        }
    }

    @SharingTargets
    void ignoresCopyMessagesThatComeAfterTheErrorWasSent(Target target) {
        try (WireClient client = open(target)) {
            client.send(query(copyIn));
            assertThat(client.receive()).hasToString("G(0,2)");
            client.send(copyData("not a number\tone\n"));
            assertThat(client.answers()).containsExactly("E(ERROR 22P02)", "Z(I)");
            client.send(copyData("3\tlate\n"));
            client.send(copyDone());
            assertTableHolds(target, 0);
            assertThat(client.ask("select 1")).isEqualTo("1");
            client.send(copyFail("later still"));
            assertTableHolds(target, 0);
            assertThat(client.ask("select 2")).isEqualTo("2");
        }
    }

    @SharingTargets
    void ignoresCopyMessagesAfterAnErrorInATransaction(Target target) {
        try (WireClient client = open(target)) {
            client.query("begin");
            client.send(query(copyIn));
            assertThat(client.receive()).hasToString("G(0,2)");
            client.send(copyData("not a number\tone\n"));
            assertThat(client.answers()).containsExactly("E(ERROR 22P02)", "Z(E)");
            client.send(copyData("3\tlate\n"), copyDone());
            assertThat(client.query("commit")).containsExactly("C(ROLLBACK)", "Z(I)");
            assertTableHolds(target, 0);
        }
    }

    @SharingTargets
    void skipsToSyncAfterAnErrorInExtendedCopy(Target target) {
        try (WireClient client = open(target)) {
            client.send(extended(copyIn), sync());
            client.receiveUntil('G');
            client.send(copyData("not a number\tone\n"));
            assertThat(client.receive()).hasToString("E(ERROR 22P02)");
            client.send(copyData("3\tlate\n"), copyDone(), extended("select 1"));
            client.send(sync());
            assertThat(client.answers()).containsExactly("Z(I)");
            assertThat(client.ask("select 1")).isEqualTo("1");
            assertTableHolds(target, 0);
        }
    }

    @SharingTargets
    void reportsAnErrorAfterCopyDone(Target target) {
        try (WireClient client = open(target)) {
            client.send(query(copyIn));
            assertThat(client.receive()).hasToString("G(0,2)");
            client.send(copyData("1\tone\n1\tone again\n"), copyDone());
            assertThat(client.answers()).containsExactly("E(ERROR 23505)", "Z(I)");
            client.send(extended(copyIn), sync());
            client.receiveUntil('G');
            client.send(copyData("1\tone\n1\tone again\n"), copyDone(), sync());
            assertThat(client.answers()).containsExactly("C(COPY 2)", "E(ERROR 23505)", "Z(I)");
            assertTableHolds(target, 0);
        }
    }

    @SharingTargets
    void refusesAQueryInTheMiddleOfACopy(Target target) {
        try (WireClient client = open(target)) {
            client.send(query(copyIn));
            assertThat(client.receive()).hasToString("G(0,2)");
            client.send(copyData("1\tone\n"), query("select 1"));
            // PostgreSQL has lost its place in the stream of messages, and ends the session.
            assertThat(texts(client.receiveUntilClosed())).last().isEqualTo("E(FATAL 08P01)");
            assertTableHolds(target, 0);
        }
    }

    @SharingTargets
    void runsTwoCopiesInOneQuery(Target target) {
        try (WireClient client = open(target)) {
            client.send(query(copyIn + "; " + copyIn));
            assertThat(client.receive()).hasToString("G(0,2)");
            client.send(copyData("1\tone\n"), copyDone());
            assertThat(texts(client.receiveUntil('G'))).containsExactly("C(COPY 1)", "G(0,2)");
            client.send(copyData("2\ttwo\n"), copyDone());
            assertThat(client.answers()).containsExactly("C(COPY 1)", "Z(I)");
            assertTableHolds(target, 2);
        }
    }

    @SharingTargets
    void ignoresCopyMessagesOutsideACopy(Target target) {
        try (WireClient client = open(target)) {
            client.send(copyData("1\tstray\n"), copyDone(), query("select 1 as n"), copyFail("stray"), sync());
            assertThat(client.answers()).containsExactly("T(n:23)", "D(1)", "C(SELECT 1)", "Z(I)");
            assertThat(client.answers()).containsExactly("Z(I)");
            assertTableHolds(target, 0);
        }
    }

    @EveryTarget
    void copiesOut(Target target) {
        try (WireClient client = target.connect()) {
            assertThat(client.query("copy (select n, 'x' from generate_series(1, 2) n) to stdout"))
                    .containsExactly("H(0,2)", "d(1\tx)", "d(2\tx)", "c", "C(COPY 2)", "Z(I)");
            client.send(extended("copy (select 7) to stdout"), sync());
            assertThat(client.answers()).containsExactly("1", "2", "H(0,1)", "d(7)", "c", "C(COPY 1)", "Z(I)");
        }
    }

    @EveryTarget
    void reportsAnErrorInTheMiddleOfCopyOut(Target target) {
        try (WireClient client = target.connect()) {
            assertThat(client.query("copy (select 1 / (3 - n) from generate_series(1, 5) n) to stdout"))
                    .containsExactly("H(0,1)", "d(0)", "d(1)", "E(ERROR 22012)", "Z(I)");
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @EveryTarget
    void streamsManyRowsInAndOut(Target target) {
        int rows = 200_000;
        try (WireClient client = target.connect()) {
            client.query("create table " + table + " (n int, t text)");
            client.send(query(copyIn));
            assertThat(client.receive()).hasToString("G(0,2)");
            for (int from = 0; from < rows; from += 1000) {
                StringBuilder chunk = new StringBuilder();
                for (int i = from; i < from + 1000; i++) {
                    chunk.append(i).append("\tsome text of a row\n");
                }
                client.send(copyData(chunk.toString()));
            }
            client.send(copyDone());
            assertThat(client.answers()).containsExactly("C(COPY " + rows + ")", "Z(I)");
            client.send(query("copy " + table + " to stdout"));
            List<WireMessage> answers = client.receiveUntilReady();
            assertThat(answers.stream().filter(message -> message.type() == 'd').count())
                    .isEqualTo(rows);
            assertThat(texts(answers.subList(answers.size() - 3, answers.size())))
                    .containsExactly("c", "C(COPY " + rows + ")", "Z(I)");
        }
    }
}
