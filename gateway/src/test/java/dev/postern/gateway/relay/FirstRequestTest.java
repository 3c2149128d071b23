package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FirstRequestTest {
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    private final StatementCache cache = new StatementCache(new StatementMemory());
    private final ClientStatements statements = new ClientStatements(cache);

    private FirstRequest request() {
        return new FirstRequest(statements, SessionSettings.NONE, allocator);
    }

    @AfterEach
    void nothingLeaks() {
        assertThat(allocator.metric().usedHeapMemory()).isZero();
        assertThat(allocator.metric().usedDirectMemory()).isZero();
        statements.clear();
        assertThat(cache.size()).isZero();
    }

    private static ByteBuf bytes(byte[]... messages) {
        return Unpooled.wrappedBuffer(Frames.join(messages));
    }

    private static List<String> frames(ByteBuf buffer) {
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        buffer.release();
        return Frames.read(bytes);
    }

    private static StatementName name(String text) {
        ByteBuf buffer = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
        return StatementName.of(buffer, 0, buffer.readableBytes());
    }

    @Test
    void givesTheWholeRequestBackAndThrowsItsAnswersAway() {
        FirstRequest request = request();
        assertThat(request.sends(bytes(Frames.query("select 1")))).isTrue();
        assertThat(request.keeps(bytes(Frames.rowDescription(), Frames.row("a"))))
                .isTrue();

        assertThat(frames(request.takeBack(statements))).containsExactly("Q:select 1.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                " -- a comment\n/* and /* nested */ */ with x as (select 1) insert into t select * from x",
                "begin",
                "START TRANSACTION READ ONLY",
                "merge into t using s on true when matched then delete"
            })
    void repeatsWhatHappensWhollyOrNotAtAll(String sql) {
        FirstRequest request = request();
        assertThat(request.sends(bytes(Frames.query(sql)))).isTrue();
        assertThat(request.end()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "call p()",
                "do $$begin commit; end$$",
                "vacuum",
                "copy t from stdin",
                "selection",
                "",
                "set a = b"
            })
    void neverRepeatsWhatMayCommitWithinItself(String sql) {
        FirstRequest request = request();
        assertThat(request.sends(bytes(Frames.query(sql)))).isFalse();
        assertThat(request.end()).isNull();
    }

    @Test
    void neverRepeatsOnceAStatementIsComplete() {
        FirstRequest request = request();
        request.sends(bytes(Frames.query("insert into t values (1); select 2")));
        assertThat(request.keeps(bytes(Frames.rowDescription()))).isTrue();

        ByteBuf answer = bytes(Frames.complete("INSERT 0 1"));
        assertThat(request.keeps(answer)).isFalse();

        assertThat(answer.readableBytes()).isPositive();
        assertThat(request.end()).satisfies(kept -> assertThat(frames(kept)).hasSize(1));
    }

    @Test
    void goesOnBehindTheBeginningOfATransaction() {
        FirstRequest request = request();
        request.sends(bytes(
                Frames.parse("", "BEGIN"),
                Frames.bind(""),
                Frames.execute(),
                Frames.parse("", "select * from t"),
                Frames.bind(""),
                Frames.execute(),
                Frames.sync()));
        assertThat(request.keeps(bytes(Frames.parseComplete(), Frames.bindComplete(), Frames.complete("BEGIN"))))
                .isTrue();
        assertThat(request.takeBack(statements).release()).isTrue();
    }

    @Test
    void anErrorOrReadyForQueryEndsTheKeeping() {
        FirstRequest request = request();
        request.sends(bytes(Frames.query("select 1")));
        assertThat(request.keeps(bytes(Frames.error("42P01")))).isFalse();
        assertThat(request.keeps(bytes(Frames.ready('I')))).isFalse();
        assertThat(request.end()).isNull();
    }

    @Test
    void messagesMayComeInPieces() {
        FirstRequest request = request();
        byte[] all = Frames.join(Frames.parse("s", "select 1"), Frames.bind("s"), Frames.execute(), Frames.sync());
        for (byte b : all) {
            assertThat(request.sends(Unpooled.wrappedBuffer(new byte[] {b}))).isTrue();
        }
        byte[] answers = Frames.join(Frames.parseComplete(), Frames.bindComplete(), Frames.row("abc"));
        for (byte b : answers) {
            assertThat(request.keeps(Unpooled.wrappedBuffer(new byte[] {b}))).isTrue();
        }
        assertThat(frames(request.takeBack(statements))).containsExactlyElementsOf(Frames.read(all));
    }

    @Test
    void aFlushIsWaitedForByItsSender() {
        FirstRequest request = request();
        assertThat(request.sends(bytes(Frames.parse("", "select 1"), Frames.frame('H', ""))))
                .isFalse();
        assertThat(request.end()).isNull();
    }

    @Test
    void knowsWhatAPreparedStatementDoes() {
        statements.put(name("good"), "select 1\0\0\0".getBytes(StandardCharsets.US_ASCII));
        statements.put(name("bad"), "call p()\0\0\0".getBytes(StandardCharsets.US_ASCII));

        for (String named : List.of("good", "bad", "unknown")) {
            FirstRequest request = request();
            assertThat(request.sends(bytes(Frames.bind(named), Frames.execute(), Frames.sync())))
                    .isEqualTo(named.equals("good"));
            assertThat(request.end()).isNull();
        }
    }

    @Test
    void statementsOfTheRequestAreForgottenAndThoseBeforeItComeBack() {
        statements.put(name("before"), "select 1\0\0\0".getBytes(StandardCharsets.US_ASCII));
        FirstRequest request = request();
        request.sends(bytes(Frames.parse("within", "select 2"), Frames.close("before"), Frames.sync()));
        statements.put(name("within"), "select 2\0\0\0".getBytes(StandardCharsets.US_ASCII));
        statements.forgotten(Objects.requireNonNull(statements.take(name("before"))));

        request.takeBack(statements).release();

        assertThat(statements.get(name("before"))).isNotNull();
        assertThat(statements.get(name("within"))).isNull();
        assertThat(cache.size()).isOne();
    }

    @Test
    void keepsNoMoreThanItsBound() {
        FirstRequest request = request();
        request.sends(bytes(Frames.query("select 1")));
        byte[] much = Frames.row("x".repeat(100));
        int kept = 0;
        while (request.keeps(Unpooled.wrappedBuffer(much))) {
            kept += much.length;
        }
        assertThat(kept).isBetween(FirstRequest.MOST_KEPT - 2 * much.length, FirstRequest.MOST_KEPT);
        assertThat(request.end()).satisfies(ByteBuf::release);
        FirstRequest tooLong = request();
        assertThat(tooLong.sends(Unpooled.wrappedBuffer(new byte[FirstRequest.MOST_KEPT + 1])))
                .isFalse();
        assertThat(tooLong.end()).isNull();
    }
}
