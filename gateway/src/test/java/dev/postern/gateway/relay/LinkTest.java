package dev.postern.gateway.relay;

import static dev.postern.gateway.relay.Frames.bind;
import static dev.postern.gateway.relay.Frames.bindComplete;
import static dev.postern.gateway.relay.Frames.close;
import static dev.postern.gateway.relay.Frames.closeComplete;
import static dev.postern.gateway.relay.Frames.complete;
import static dev.postern.gateway.relay.Frames.copyData;
import static dev.postern.gateway.relay.Frames.copyDone;
import static dev.postern.gateway.relay.Frames.copyInResponse;
import static dev.postern.gateway.relay.Frames.describe;
import static dev.postern.gateway.relay.Frames.error;
import static dev.postern.gateway.relay.Frames.execute;
import static dev.postern.gateway.relay.Frames.frame;
import static dev.postern.gateway.relay.Frames.parameterStatus;
import static dev.postern.gateway.relay.Frames.parse;
import static dev.postern.gateway.relay.Frames.parseComplete;
import static dev.postern.gateway.relay.Frames.query;
import static dev.postern.gateway.relay.Frames.ready;
import static dev.postern.gateway.relay.Frames.row;
import static dev.postern.gateway.relay.Frames.rowDescription;
import static dev.postern.gateway.relay.Frames.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.relay.Pair.Outcome;
import dev.postern.gateway.relay.Pair.Step;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LinkTest {
    private final StatementCache cache = new StatementCache(new StatementMemory());
    private Pair pair = new Pair(LinkMode.shared(true, true), cache, 2);

    @AfterEach
    void leavesNothingBehind() {
        pair.end();
        assertThat(pair.bytesNotReleased()).as("bytes not released").isZero();
        assertThat(cache.size()).as("statements nobody uses").isZero();
        assertThat(cache.bytes()).isZero();
    }

    // ---- wherever the bytes are split

    static Stream<Arguments> scenarios() {
        return Stream.of(
                scenario(
                        "simple query",
                        Step.client(query("select 1")),
                        Step.server(rowDescription(), row("1"), complete("SELECT 1"), ready('I'))),
                scenario(
                        "notices, settings and a transaction",
                        Step.client(query("begin"), query("set x"), query("commit")),
                        Step.server(complete("BEGIN"), ready('T'), frame('N', "SNOTICE.Mhello..")),
                        Step.server(parameterStatus("TimeZone", "UTC"), complete("SET"), ready('T')),
                        Step.server(complete("COMMIT"), ready('I'))),
                scenario(
                        "named statement",
                        Step.client(parse("a", "select 1"), describe("a"), sync()),
                        Step.server(parseComplete(), frame('t', ".."), rowDescription(), ready('I')),
                        Step.client(bind("a"), execute(), sync()),
                        Step.server(bindComplete(), row("1"), complete("SELECT 1"), ready('I')),
                        Step.client(close("a"), sync()),
                        Step.server(ready('I'))),
                scenario(
                        "answers put in behind a description",
                        Step.client(parse("a", "select 1"), parse("b", "select 2"), sync()),
                        Step.server(parseComplete(), parseComplete(), ready('I')),
                        Step.client(close("a"), close("b"), sync()),
                        Step.server(ready('I')),
                        Step.client(parse("a", "select 1"), describe("a"), parse("b", "select 2"), close("x"), sync()),
                        Step.server(frame('t', ".."), rowDescription(), ready('I'))),
                scenario(
                        "error in a pipeline",
                        Step.client(
                                parse("a", "select 1"), bind("a"), execute(), close("a"), sync(), query("select 2")),
                        Step.server(parseComplete(), error("22012"), ready('I')),
                        Step.server(row("2"), complete("SELECT 1"), ready('I'))),
                scenario(
                        "unnamed statement",
                        Step.client(parse("", "select 1"), bind(""), describe(""), execute(), sync()),
                        Step.server(parseComplete(), bindComplete(), frame('n', ""), complete("SELECT 1"), ready('I'))),
                scenario(
                        "COPY in",
                        Step.client(query("copy t from stdin")),
                        Step.server(copyInResponse()),
                        Step.client(copyData("1\t2\n"), copyData("3\t4\n"), copyDone()),
                        Step.server(complete("COPY 2"), ready('I'))),
                scenario(
                        "COPY out",
                        Step.client(query("copy t to stdout")),
                        Step.server(frame('H', "..."), copyData("1\t2\n"), copyDone(), complete("COPY 1"), ready('I'))),
                scenario(
                        "function call",
                        Step.client(frame('F', "..........")),
                        Step.server(frame('V', "\377\377\377\377"), ready('I'))));
    }

    private static Arguments scenario(String name, Step... steps) {
        return Arguments.of(name, List.of(steps));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void givesTheSameWhereverTheBytesAreSplit(String name, List<Step> steps) {
        Outcome whole = fresh().play(steps, -1, 0);
        assertThat(whole.clean()).isTrue();
        assertThat(whole.violation()).isEmpty();

        assertThat(fresh().playByteByByte(steps)).isEqualTo(whole);
        for (int step = 0; step < steps.size(); step++) {
            for (int at = 1; at < steps.get(step).bytes().length; at++) {
                assertThat(fresh().play(steps, step, at))
                        .as("step %s cut at %s", step, at)
                        .isEqualTo(whole);
            }
        }
    }

    private Pair fresh() {
        pair.end();
        assertThat(pair.bytesNotReleased()).isZero();
        pair = new Pair(LinkMode.shared(true, true), new StatementCache(new StatementMemory()), 2);
        return pair;
    }

    // ---- when the server is clean

    @Test
    void isCleanAfterReadyForQueryIdleAlone() {
        pair.fromClient(query("begin"));
        pair.fromServer(complete("BEGIN"), ready('T'));
        boolean inTransaction = pair.link.isClean();
        pair.fromClient(query("commit"));

        pair.fromServer(complete("COMMIT"), ready('I'));

        assertThat(inTransaction).isFalse();
        assertThat(pair.link.isClean()).isTrue();
        assertThat(pair.client.ready).isOne();
    }

    @Test
    void isNotCleanWhileMoreIsInFlight() {
        pair.fromClient(sync(), query("select 1"));

        pair.fromServer(ready('I'));

        assertThat(pair.link.isClean()).isFalse();
        pair.fromServer(complete("SELECT 1"), ready('I'));
        assertThat(pair.client.ready).isOne();
    }

    @Test
    void isNotCleanInTheMiddleOfAMessage() {
        byte[] half = Arrays.copyOf(copyData("part of a row"), 8);
        pair.fromClient(sync(), half);

        pair.fromServer(ready('I'));

        assertThat(pair.link.isClean()).isFalse();
    }

    @Test
    void countsTheTimeOfATransactionFromItsBeginning() {
        long before = System.nanoTime();
        pair.relink();

        assertThat(pair.link.transactionSince() - before).isNotNegative();
        assertThat(pair.link.requestSince() - before).isNotNegative();
    }

    // ---- pipelines that fail

    @Test
    void skipsToSyncAlsoWhatComesAfterTheError() {
        pair.fromClient(parse("", "bad"));
        pair.fromServer(error("42601"));
        pair.fromClient(bind(""), execute(), query("select 1"), frame('F', "."));
        boolean clean = pair.link.isClean();
        pair.fromClient(sync());

        pair.fromServer(ready('I'));

        assertThat(clean).isFalse();
        assertThat(pair.link.isClean()).isTrue();
    }

    @Test
    void forgetsAFailedParse() {
        pair.fromClient(parse("a", "bad"), sync());
        pair.fromServer(error("42601"), ready('I'));
        pair.toServer();

        pair.fromClient(parse("a", "bad"), sync());

        assertThat(pair.toServer().getFirst()).startsWith("P:postern_").endsWith(".bad...");
        pair.fromServer(parseComplete(), ready('I'));
    }

    @Test
    void undoesClosesAndParsesOfOneNameTheLastFirst() {
        pair.fromClient(bind("none"), parse("a", "x"), close("a"), parse("a", "y"), sync());
        pair.fromServer(error("26000"), ready('I'));
        pair.toServer();

        pair.fromClient(bind("a"), sync());

        assertThat(pair.toServer()).first().isEqualTo("B:.a.......");
        pair.fromServer(error("26000"), ready('I'));
    }

    @Test
    void knowsWhatTheServerHoldsAfterEvictionsThatWereSkipped() {
        pair = new Pair(LinkMode.shared(true, true), cache, 1);
        pair.fromClient(parse("a", "x"), sync());
        pair.fromServer(parseComplete(), ready('I'));
        pair.fromClient(bind("none"), parse("b", "y"), bind("a"), sync());
        pair.fromServer(error("26000"), ready('I'));
        pair.toServer();

        pair.fromClient(bind("a"), sync());

        assertThat(pair.toServer().getFirst()).isEqualTo("B:.postern_1.......");
    }

    @Test
    void answersADuplicateNameAsPostgresqlDoes() {
        pair.fromClient(parse("a", "x"), sync());
        pair.fromServer(parseComplete(), ready('I'));
        pair.toClient();
        pair.fromClient(parse("a", "y"), bind("a"), sync());

        pair.fromServer(closeComplete(), parseComplete(), closeComplete(), error("26000"), ready('E'));

        assertThat(pair.toClient().getFirst()).contains("C42P05").contains("\"a\" already exists");
    }

    @Test
    void passesTheServersLastWordsOnInPlaceOfItsOwnError() {
        pair.fromClient(parse("a", "x"), sync());
        pair.fromServer(parseComplete(), ready('I'));
        pair.fromClient(parse("a", "y"), sync());
        pair.toClient();
        pair.fromServer(closeComplete(), parseComplete(), closeComplete());

        pair.fromServer(frame('E', "SFATAL.VFATAL.C57P01.Mbye.."));
        pair.link.serverGone();

        assertThat(pair.toClient()).containsExactly("E:SFATAL.VFATAL.C57P01.Mbye..");
        assertThat(pair.client.told).containsExactly("lost, told");
    }

    @Test
    void passesAnErrorThatIsLongerThanWhatIsHeld() {
        byte[] bytes = frame('E', "SERROR.VERROR.CP0001.M" + "x".repeat(100_000) + "..");
        pair.fromClient(query("select raise()"));

        pair.fromServer(Arrays.copyOf(bytes, 70_000));
        pair.fromServer(Arrays.copyOfRange(bytes, 70_000, bytes.length), ready('I'));

        assertThat(pair.server.violation).isNull();
        assertThat(pair.link.isClean()).isTrue();
        assertThat(pair.toClient()).hasSize(2);
    }

    // ---- prepared statements

    @Test
    void preparesAnewOnceThePlanIsOutdated() {
        pair.fromClient(parse("a", "select *"), sync());
        pair.fromServer(parseComplete(), ready('I'));
        pair.fromClient(bind("a"), execute(), sync());
        pair.fromServer(error("0A000"), ready('I'));
        pair.toServer();

        pair.fromClient(close("a"), parse("a", "select *"), bind("a"), sync());

        assertThat(pair.toServer()).containsExactly("P:postern_2.select *...", "B:.postern_2.......", "S:");
        pair.fromServer(parseComplete(), bindComplete(), ready('I'));
    }

    @Test
    void makesRoomByTheLeastRecentlyUsed() {
        pair.fromClient(parse("a", "x"), parse("b", "y"), bind("a"), parse("c", "z"), sync());

        assertThat(pair.toServer())
                .containsExactly(
                        "P:postern_1.x...",
                        "P:postern_2.y...",
                        "B:.postern_1.......",
                        "P:postern_3.z...",
                        "C:Spostern_2.",
                        "S:");
        pair.fromServer(parseComplete(), parseComplete(), bindComplete(), parseComplete(), closeComplete(), ready('I'));
        assertThat(pair.toClient()).containsExactly("1:", "1:", "2:", "1:", "Z:I");
    }

    @Test
    void doesNotForgetWhatWasPreparedBehindADiscardAll() {
        pair.fromClient(parse("old", "x"), sync());
        pair.fromServer(parseComplete(), ready('I'));
        pair.fromClient(query("discard all"), parse("new", "y"), sync());
        pair.fromServer(complete("DISCARD ALL"), ready('I'));
        pair.fromServer(parseComplete(), ready('I'));
        pair.toServer();

        pair.fromClient(bind("new"), bind("old"), sync());

        assertThat(pair.toServer()).containsExactly("B:.postern_2.......", "B:.old.......", "S:");
        pair.fromServer(bindComplete(), error("26000"), ready('I'));
    }

    @Test
    void putsTheStartupPacketsSettingsBackBeforeWhatComesBehindAReset() {
        pair.client.startup = SessionSettings.of(Map.of("timezone", "Asia/Tokyo"));
        pair.client.settings(pair.client.startup);
        pair.server.settings(pair.client.startup);
        pair.fromClient(query("reset all"), query("show timezone"));
        assertThat(pair.toServer()).containsExactly("Q:reset all.", "H:");

        pair.fromServer(complete("RESET"), parameterStatus("TimeZone", "UTC"), ready('I'));

        assertThat(pair.toClient()).containsExactly("C:RESET.", "Z:I");
        assertThat(pair.toServer()).singleElement().asString().isEqualTo("Q:SET \"timezone\" TO E'Asia/Tokyo';.");
        assertThat(pair.client.ready).isZero();
        assertThat(pair.link.isClean()).isFalse();
        assertThat(pair.link.worksForClient()).isFalse();
        pair.fromServer(complete("SET"), parameterStatus("TimeZone", "Asia/Tokyo"), ready('I'));
        assertThat(pair.toClient()).containsExactly("S:TimeZone.Asia/Tokyo.");
        assertThat(pair.toServer()).containsExactly("Q:show timezone.");
        pair.fromServer(row("Asia/Tokyo"), complete("SHOW"), ready('I'));
        assertThat(pair.link.isClean()).isTrue();
        assertThat(pair.client.settings().get("timezone")).isEqualTo("Asia/Tokyo");
    }

    @Test
    void putsThemBackInATransactionAndInNoneThatHasFailed() {
        pair.client.startup = SessionSettings.of(Map.of("search_path", "a"));
        pair.fromClient(query("begin; reset all; select 1/0"));
        pair.fromServer(complete("BEGIN"), complete("RESET"), error("22012"), ready('E'));
        pair.toServer();
        pair.fromClient(query("rollback to b"));
        assertThat(pair.toServer()).containsExactly("Q:rollback to b.");

        pair.fromServer(complete("ROLLBACK"), ready('T'));

        assertThat(pair.toServer()).singleElement().asString().contains("E'search_path',E'a'");
        pair.fromClient(query("select 2"));
        pair.fromServer(error("57014"), ready('E'));
        assertThat(pair.client.told).containsExactly("settings lost: no");
    }

    @Test
    void waitsForTheEndOfAMessageBeforeItPutsThemBack() {
        pair = new Pair(LinkMode.PLAIN, cache, 2);
        pair.client.startup = SessionSettings.of(Map.of("search_path", "a"));
        pair.fromClient(query("discard all"));
        byte[] notice = frame('N', "SNOTICE.Mhello..");
        pair.fromServer(complete("DISCARD ALL"), ready('I'), Arrays.copyOf(notice, 9));
        pair.fromClient(query("show search_path"));
        assertThat(pair.toServer()).containsExactly("Q:discard all.", "H:");

        pair.fromServer(Arrays.copyOfRange(notice, 9, notice.length));

        assertThat(pair.toServer()).singleElement().asString().isEqualTo("Q:SET \"search_path\" TO E'a';.");
        pair.fromServer(complete("SET"), ready('I'));
        assertThat(pair.toServer()).containsExactly("Q:show search_path.");
        assertThat(pair.toClient()).containsExactly("C:DISCARD ALL.", "Z:I", "N:SNOTICE.Mhello..");
        pair.fromServer(complete("SHOW"), ready('I'));
    }

    @Test
    void waitsWithANameOfAnEarlierPartUntilItIsCertain() {
        pair.fromClient(parse("a", "x"), sync(), bind("a"), execute(), sync());
        assertThat(pair.toServer()).containsExactly("P:postern_1.x...", "S:", "H:");

        pair.fromServer(parseComplete(), ready('I'));

        assertThat(pair.toServer()).containsExactly("B:.postern_1.......", "E:.....", "S:");
    }

    @Test
    void usesANameWhoseCloseAnEarlierPartHasSkipped() {
        pair.fromClient(parse("a", "x"), sync());
        pair.fromServer(parseComplete(), ready('I'));
        pair.toServer();
        pair.fromClient(bind("none"), close("a"), sync(), bind("a"), sync());
        assertThat(pair.toServer()).containsExactly("B:.none.......", "S:", "H:");

        pair.fromServer(error("26000"), ready('I'));

        assertThat(pair.toServer()).containsExactly("B:.postern_1.......", "S:");
    }

    /** The server holds the text under one name, whatever the client's are. */
    @Test
    void waitsWithATextThatAnEarlierPartMayNotBringToTheServer() {
        pair.fromClient(parse("a", "x"), sync(), parse("b", "x"), sync());
        assertThat(pair.toServer()).containsExactly("P:postern_1.x...", "S:", "H:");

        pair.fromServer(error("42601"), ready('I'));

        assertThat(pair.toServer()).containsExactly("P:postern_2.x...", "S:");
    }

    @Test
    void waitsBeforeItMakesRoomByAStatementOfAnEarlierPart() {
        pair = new Pair(LinkMode.shared(true, true), cache, 1);
        pair.fromClient(parse("a", "x"), sync(), parse("b", "y"), sync());
        assertThat(pair.toServer()).containsExactly("P:postern_1.x...", "S:", "H:");

        pair.fromServer(error("42601"), ready('I'));

        // The second number went to the Parse as it was held.
        assertThat(pair.toServer()).containsExactly("P:postern_3.y...", "S:");
    }

    @Test
    void letsOtherNamesOfEarlierPartsPass() {
        pair.fromClient(parse("a", "x"), bind("a"), sync(), parse("b", "y"), bind("b"), sync());

        assertThat(pair.toServer())
                .containsExactly(
                        "P:postern_1.x...",
                        "B:.postern_1.......",
                        "S:",
                        "P:postern_2.y...",
                        "B:.postern_2.......",
                        "S:");
    }

    @Test
    void letsTheServerRefuseAParseInAFailedTransaction() {
        pair.fromClient(parse("a", "x"), sync());
        pair.fromServer(parseComplete(), ready('E'));
        pair.toServer();
        pair.toClient();
        pair.fromClient(parse("b", "x"), sync());
        assertThat(pair.toServer())
                .containsExactly("C:Spostern_checked.", "P:postern_checked.x...", "C:Spostern_checked.", "S:");

        pair.fromServer(closeComplete(), error("25P02"), ready('E'));

        assertThat(pair.toClient()).hasSize(2).first().asString().contains("25P02");
        pair.fromClient(bind("b"), sync());
        assertThat(pair.toServer()).first().isEqualTo("B:.b.......");
    }

    /** It would be another client's statement. */
    @Test
    void knowsNoStatementByTheGatewaysOwnName() {
        pair.fromClient(parse("a", "x"), sync());
        pair.fromServer(parseComplete(), ready('I'));
        pair.toServer();
        pair.toClient();

        pair.fromClient(bind("postern_1"), sync(), describe("postern_1"), sync());

        assertThat(pair.toServer())
                .containsExactly("D:Spostern_no_such_statement.", "S:", "D:Spostern_no_such_statement.", "S:");
        pair.fromServer(error("26000"), ready('I'));
        assertThat(pair.toClient()).first().asString().contains("\"postern_1\" does not exist");
    }

    /** What the server holds without a name would be another client's. */
    @Test
    void usesNoUnnamedStatementThatAnEarlierPartMaySkip() {
        pair.fromClient(parse("a", "wrong"), parse("", "select 1"), sync(), bind(""), execute(), sync());
        assertThat(pair.toServer()).containsExactly("P:postern_1.wrong...", "P:.select 1...", "S:", "H:");

        pair.fromServer(error("42601"), ready('I'));

        // What fails first makes it read over the Bind.
        assertThat(pair.toServer()).startsWith("D:Spostern_no_such_statement.");
        pair.fromServer(error("26000"), ready('I'));
        assertThat(pair.toClient())
                .filteredOn(message -> message.contains("26000"))
                .hasSize(1);
    }

    @Test
    void waitsWithTheUnnamedStatementOfAnEarlierPartUntilItIsThere() {
        pair.fromClient(parse("", "select 1"), sync(), bind(""), execute(), sync());
        assertThat(pair.toServer()).containsExactly("P:.select 1...", "S:", "H:");

        pair.fromServer(parseComplete(), ready('I'));

        assertThat(pair.toServer()).containsExactly("B:........", "E:.....", "S:");
        pair.fromServer(bindComplete(), complete("SELECT 1"), ready('I'));
        assertThat(pair.link.isClean()).isTrue();
    }

    @Test
    void putsTheUnnamedStatementOnTheNextServer() {
        pair.fromClient(parse("", "select 1"), sync());
        pair.fromServer(parseComplete(), ready('I'));
        pair.relink();
        pair.toServer();
        pair.toClient();

        pair.fromClient(bind(""), execute(), sync());

        assertThat(pair.toServer()).containsExactly("P:.select 1...", "B:........", "E:.....", "S:");
        pair.fromServer(parseComplete(), bindComplete(), complete("SELECT 1"), ready('I'));
        assertThat(pair.toClient()).containsExactly("2:", "C:SELECT 1.", "Z:I");
    }

    @Test
    void neverUsesTheUnnamedStatementOfAnotherClient() {
        pair.fromClient(bind(""), execute(), sync());

        assertThat(pair.toServer().getFirst()).isEqualTo("D:Spostern_no_such_statement.");
        pair.fromServer(error("26000"), ready('I'));
        assertThat(pair.toClient().getFirst()).contains("unnamed prepared statement does not exist");
    }

    @Test
    void doesNotTakeASkippedQueryForOneThatDroppedTheUnnamedStatement() {
        pair.fromClient(bind("none"), query("select 1"), sync());
        pair.fromServer(error("26000"), ready('I'));
        pair.toServer();

        pair.fromClient(bind(""), sync());

        assertThat(pair.toServer().getFirst()).isEqualTo("D:Spostern_no_such_statement.");
        pair.fromServer(error("26000"), ready('I'));
    }

    @Test
    void givesUpTheStatementsOfClosesThatWereNeverAnswered() {
        pair.fromClient(parse("a", "x"), sync());
        pair.fromServer(parseComplete(), ready('I'));

        pair.fromClient(query("select pg_sleep(100)"), close("a"), sync());

        // and the client dies: see leavesNothingBehind
        assertThat(pair.toClient()).doesNotContain("3:");
    }

    // ---- COPY

    @Test
    void doesNotWaitForASyncThatCopyReadsOver() {
        pair.fromClient(parse("", "copy t from stdin"), bind(""), execute(), sync());
        pair.fromServer(parseComplete(), bindComplete(), copyInResponse());
        pair.fromClient(copyData("1\n"), sync(), copyDone(), sync());

        pair.fromServer(complete("COPY 1"), ready('I'));

        assertThat(pair.link.isClean()).isTrue();
        assertThat(pair.link.isInDoubt()).isFalse();
    }

    @Test
    void waitsForTheSyncBehindACopyThatWasSentAsAWhole() {
        pair.fromClient(parse("", "copy t from stdin"), bind(""), execute(), copyData("1\n"), copyDone(), sync());
        pair.fromServer(parseComplete(), bindComplete(), copyInResponse());
        boolean clean = pair.link.isClean();

        pair.fromServer(complete("COPY 1"), ready('I'));

        assertThat(clean).isFalse();
        assertThat(pair.server.violation).isNull();
        assertThat(pair.link.isClean()).isTrue();
    }

    @Test
    void owesNothingForTheEndOfACopyThatFailedLongBefore() {
        pair.fromClient(query("copy t from stdin"));
        pair.fromServer(copyInResponse(), error("22P02"), ready('I'));
        pair.fromClient(copyData("1\n"), copyDone(), query("select 1"), copyDone());

        pair.fromServer(complete("SELECT 1"), ready('I'));

        assertThat(pair.link.isClean()).isTrue();
    }

    @Test
    void isInDoubtWhenACopyFailsThatASyncWasSentInto() {
        pair.fromClient(parse("", "copy t from stdin"), bind(""), execute(), sync());
        pair.fromServer(parseComplete(), bindComplete(), copyInResponse());

        pair.fromServer(error("P0001"), ready('I')); // before it read the Sync: a trigger has failed

        assertThat(pair.server.violation).isNull();
        assertThat(pair.link.isClean()).isTrue();
        assertThat(pair.link.isInDoubt()).isTrue();
    }

    // ---- the rest

    @Test
    void passesOnWhatWasAskedBeforeTheClientSaidGoodbye() {
        pair.fromClient(query("insert"), frame('X', ""));

        assertThat(pair.toServer()).containsExactly("Q:insert.", "X:");
        assertThat(pair.client.told).containsExactly("terminated");
    }

    @Test
    void keepsGoodbyeFromAServerThatIsClean() {
        pair.fromClient(query("select 1"));
        pair.fromServer(complete("SELECT 1"), ready('I'));
        pair.toServer();

        pair.fromClient(frame('X', ""));

        assertThat(pair.toServer()).isEmpty();
    }

    @Test
    void keepsTheAnswersToItsOwnQueriesFromTheClient() {
        java.util.List<Optional<?>> done = new java.util.ArrayList<>();
        pair.link.internalQuery("select 1", error -> done.add(error));

        pair.fromServer(
                rowDescription(), row("1"), complete("SELECT 1"), parameterStatus("TimeZone", "UTC"), ready('I'));

        assertThat(pair.toClient()).isEmpty();
        assertThat(pair.server.reported).containsEntry("TimeZone", "UTC");
        assertThat(done).hasSize(1);
    }

    @Test
    void passesANotificationOnThatComesWithTheAnswersToItsOwnQueries() {
        pair.link.internalQuery("select 1", error -> {});
        pair.toServer();
        byte[] notification = frame('A', "....news.now.");
        pair.fromServer(rowDescription(), java.util.Arrays.copyOf(notification, 9));
        pair.fromServer(java.util.Arrays.copyOfRange(notification, 9, notification.length), ready('I'));
        assertThat(pair.toClient()).containsExactly("A:....news.now.");
    }

    @Test
    void finishesItsOwnQueryOnlyBetweenTwoMessages() {
        java.util.List<Optional<?>> done = new java.util.ArrayList<>();
        byte[] status = parameterStatus("TimeZone", "UTC");
        pair.link.internalQuery("select 1", error -> done.add(error));

        pair.fromServer(ready('I'), Arrays.copyOf(status, 7));
        int before = done.size();
        pair.fromServer(Arrays.copyOfRange(status, 7, status.length));

        assertThat(before).isZero();
        assertThat(done).hasSize(1);
        assertThat(pair.server.violation).isNull();
    }

    @Test
    void isNotCleanWhenItsOwnQueryEndsWhileTheClientsPipelineIsOpen() {
        pair.link.internalQuery("select 1", error -> {});
        pair.fromClient(parse("", "select 2"));
        pair.fromServer(complete("SELECT 1"), ready('I'));

        pair.fromServer(parseComplete());

        assertThat(pair.link.isClean()).isFalse(); // Bind and Sync are to come
        assertThat(pair.client.ready).isZero();
    }

    @Test
    void putsTheUnnamedStatementBackThatItsOwnQueryDropped() {
        pair.fromClient(parse("", "select 2"), sync());
        pair.fromServer(parseComplete(), ready('I'));
        pair.link.internalQuery("select 1", error -> {});
        pair.fromServer(complete("SELECT 1"), ready('I'));
        pair.toServer();

        pair.fromClient(bind(""), sync());

        assertThat(pair.toServer()).containsExactly("P:.select 2...", "B:........", "S:");
    }

    @Test
    void doesNotReadOnFromAClientWithTooMuchInFlight() {
        pair.fromClient(query("select pg_sleep(1000)"));
        pair.toServer();
        byte[][] closes = new byte[Link.MOST_IN_FLIGHT][];
        java.util.Arrays.fill(closes, close("nothing"));
        pair.fromClient(closes);
        assertThat(pair.client.reading).isFalse();
        assertThat(pair.toServer())
                .as("nothing to wait for on the server's side")
                .containsExactly("H:");

        pair.fromServer(complete("SELECT 1"), ready('I'));

        assertThat(pair.client.reading).isTrue();
        assertThat(pair.toClient()).hasSize(2 + Link.MOST_IN_FLIGHT);
    }

    @Test
    void readsOnInTheMiddleOfAMessageWhateverIsInFlight() {
        pair.fromClient(query("select pg_sleep(1000)"));
        byte[][] closes = new byte[Link.MOST_IN_FLIGHT][];
        java.util.Arrays.fill(closes, close("nothing"));
        byte[] row = copyData("x".repeat(100));
        pair.fromClient(Frames.join(Frames.join(closes), Arrays.copyOf(row, 50)));
        assertThat(pair.client.reading).isTrue();

        pair.fromClient(Arrays.copyOfRange(row, 50, row.length));

        assertThat(pair.client.reading).isFalse();
        assertThat(pair.toServer()).endsWith("d:" + "x".repeat(100), "H:");
    }

    @Test
    void sendsNothingBehindADiscardAllBeforeItIsAnswered() {
        pair.fromClient(parse("a", "select 1"), sync());
        pair.fromServer(parseComplete(), ready('I'));
        pair.relink();
        pair.toServer();
        pair.toClient();

        pair.fromClient(query("/* all */ Discard All"), parse("a", "select 1"), bind("a"), execute(), sync());

        assertThat(pair.toServer()).containsExactly("Q:/* all */ Discard All.", "H:");
        assertThat(pair.client.reading).isFalse();
        pair.fromServer(complete("DISCARD ALL"), ready('I'));
        assertThat(pair.toServer()).containsExactly("P:postern_2.select 1...", "B:.postern_2.......", "E:.....", "S:");
        assertThat(pair.client.reading).isTrue();
        assertThat(pair.link.isClean()).isFalse();
        pair.fromServer(parseComplete(), bindComplete(), row("1"), complete("SELECT 1"), ready('I'));
        assertThat(pair.link.isClean()).isTrue();
    }

    @Test
    void waitsForAnExecutedDiscardAllToo() {
        pair.fromClient(parse("", "deallocate all"), bind(""), execute(), sync());

        assertThat(pair.toServer()).containsExactly("P:.deallocate all...", "B:........", "E:.....", "H:");
        pair.fromServer(parseComplete(), bindComplete(), complete("DEALLOCATE ALL"));
        assertThat(pair.toServer()).containsExactly("S:");
        pair.fromServer(ready('I'));
        assertThat(pair.link.isClean()).isTrue();
    }

    @Test
    void endsAServerThatAnswersWhatNobodyAsked() {
        pair.fromServer(ready('I'));

        assertThat(pair.server.violation).isEqualTo("ReadyForQuery out of place");
        assertThat(pair.client.told).containsExactly("lost");
    }

    @Test
    void remembersWhatTheClientSetAndPutsItOnTheNextServer() {
        pair.server.initially.put("TimeZone", "UTC");
        pair.fromClient(query("set timezone to 'Asia/Tokyo'"));
        pair.fromServer(parameterStatus("TimeZone", "Asia/Tokyo"), complete("SET"), ready('I'));

        assertThat(pair.client.settings().get("timezone")).isEqualTo("Asia/Tokyo");
        pair.fromClient(query("rollback"));
        pair.fromServer(parameterStatus("TimeZone", "UTC"), complete("ROLLBACK"), ready('I'));
        assertThat(pair.client.settings().isEmpty()).isTrue();
        pair.relink();
        assertThat(pair.server.areSettingsUnknown()).isFalse();
        assertThat(pair.server.settings()).isSameAs(pair.client.settings());
    }

    @Test
    void holdsALongParseWithoutGoingOverItForEachPiece() {
        byte[] bytes = parse("a", "x".repeat(2 << 20));
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long begin = threads.getCurrentThreadCpuTime();
        for (int at = 0; at < bytes.length; at += 512) {
            pair.fromClient(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 512)));
        }

        // 4,096 pieces: copied or searched each time, that were 4 GB
        assertThat(threads.getCurrentThreadCpuTime() - begin).isLessThan(2_000_000_000L);
        assertThat(pair.toServer()).hasSize(1);
        pair.fromServer(parseComplete());
    }

    // ---- a role that may be gone

    @Test
    void anErrorThatADroppedRoleWouldCauseWaitsWithAllThatFollowsIt() {
        pair.server.leased = true;
        pair.fromClient(query("select * from t"));

        pair.fromServer(rowDescription(), error("42501"), ready('I'));
        assertThat(pair.toClient()).containsExactlyElementsOf(Frames.read(rowDescription()));
        assertThat(pair.link.isClean()).isFalse();
        pair.fromServer(parameterStatus("TimeZone", "UTC"));
        assertThat(pair.toClient()).isEmpty();

        pair.link.errorIsTheClients();
        assertThat(pair.toClient())
                .containsExactlyElementsOf(
                        Frames.read(Frames.join(error("42501"), ready('I'), parameterStatus("TimeZone", "UTC"))));
        assertThat(pair.server.askedAboutRole).isOne();
        assertThat(pair.link.isClean()).isTrue();
    }

    @Test
    void anErrorOfTheClientsOwnDoesNotWait() {
        pair.server.leased = true;
        pair.fromClient(query("selct"));

        pair.fromServer(error("42601"), ready('I'));

        assertThat(pair.toClient()).containsExactlyElementsOf(Frames.read(Frames.join(error("42601"), ready('I'))));
        assertThat(pair.server.askedAboutRole).isZero();
    }

    @Test
    void whatWaitsIsReleasedWhenTheConnectionEnds() {
        pair.server.leased = true;
        pair.fromClient(query("select 1"));

        pair.fromServer(error("42P01"), ready('I'));

        assertThat(pair.toClient()).isEmpty();
    }

    @Test
    void passesTheDataOfACopyThatComesBehindADeallocate() {
        pair.fromClient(query("deallocate all; copy t from stdin"), copyData("1\n"), copyDone(), query("select 1"));
        pair.toServer();

        pair.fromServer(complete("DEALLOCATE ALL"), copyInResponse());

        assertThat(pair.toServer()).containsExactly("d:1\n", "c:", "H:");
        assertThat(pair.client.reading).isFalse();
        pair.fromServer(complete("COPY 1"), ready('I'));
        assertThat(pair.toServer()).containsExactly("Q:select 1.");
        assertThat(pair.client.reading).isTrue();
        pair.fromServer(complete("SELECT 1"), ready('I'));
        assertThat(pair.link.isClean()).isTrue();
    }

    @Test
    void readsTheDataOfACopyThatBeganBehindADeallocate() {
        pair.fromClient(query("discard temp; copy t from stdin"));
        pair.fromServer(complete("DISCARD TEMP"), copyInResponse());
        pair.toServer();

        pair.fromClient(copyData("1\n"), copyDone());

        assertThat(pair.toServer()).startsWith("d:1\n", "c:");
    }
}
