package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StatementsTest {
    private final StatementCache cache = new StatementCache(new StatementMemory());
    private final ClientStatements one = new ClientStatements(cache);
    private final ClientStatements other = new ClientStatements(cache);
    private final ServerStatements server = new ServerStatements(cache, 2);

    @AfterEach
    void countsDownToNothing() {
        one.clear();
        other.clear();
        server.clear();
        assertThat(cache.size()).isZero();
        assertThat(cache.bytes()).isZero();
    }

    private static StatementName name(String text) {
        ByteBuf buffer = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
        return StatementName.of(buffer, 0, buffer.readableBytes());
    }

    private static byte[] body(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void sharesOneTextAmongClients() {
        PreparedStatement a = one.put(name("a"), body("select 1"));

        PreparedStatement b = other.put(name("b"), body("select 1"));

        assertThat(b).isSameAs(a);
        assertThat(cache.size()).isOne();
        assertThat(cache.bytes()).isEqualTo(8);
    }

    @Test
    void keepsAStatementThatOnlyAServerStillHolds() {
        PreparedStatement statement = one.put(name("a"), body("select 1"));
        server.add(statement);

        one.clear();

        assertThat(other.put(name("a"), body("select 1"))).isSameAs(statement);
    }

    @Test
    void tellsAnOutdatedStatementFromItsSuccessor() {
        PreparedStatement before = one.put(name("a"), body("select *"));
        server.add(before);
        one.outdated(before);

        PreparedStatement after = other.put(name("a"), body("select *"));

        assertThat(after).isNotSameAs(before);
        assertThat(after.serverName()).isNotEqualTo(before.serverName());
        assertThat(server.touch(after)).isFalse();
        assertThat(server.touch(before)).isTrue();
    }

    @Test
    void replacesANameWithoutKeepingTheOldText() {
        one.put(name("a"), body("x"));

        one.restore(name("a"), one.put(name("b"), body("y")));
        other.put(name("c"), body("y")); // its own use

        assertThat(cache.size()).isOne();
        one.take(name("b")); // restore() took its use over
    }

    @Test
    void evictsTheLeastRecentlyUsed() {
        PreparedStatement a = one.put(name("a"), body("a"));
        PreparedStatement b = one.put(name("b"), body("b"));
        PreparedStatement c = one.put(name("c"), body("c"));
        server.add(a);
        server.add(b);
        server.touch(a);
        server.add(c);

        PreparedStatement oldest = server.nextToGo(0);

        assertThat(oldest).isSameAs(b);
        server.evict(b);
        assertThat(server.nextToGo(0)).isNull();
        assertThat(server.nextToGo(1)).isSameAs(a);
        server.evicted(b);
    }

    @Test
    void takesBackAnEvictionThatTheServerSkipped() {
        PreparedStatement a = one.put(name("a"), body("a"));
        for (String text : new String[] {"b", "c"}) {
            server.add(one.put(name(text), body(text)));
        }
        server.add(a);
        PreparedStatement evicted = java.util.Objects.requireNonNull(server.nextToGo(0));
        server.evict(evicted);

        server.restore(evicted);

        assertThat(server.touch(evicted)).isTrue();
        assertThat(server.size()).isEqualTo(3);
    }

    @Test
    void discardsAllButWhatWasSentLater() {
        PreparedStatement early = one.put(name("early"), body("x"));
        PreparedStatement late = one.put(name("late"), body("y"));
        server.add(early);
        server.add(late);
        one.unnamed(body("u"), 0);

        one.clearNamedBut(Map.of(name("late"), late));
        server.clearBut(Set.of(late));

        assertThat(one.get(name("early"))).isNull();
        assertThat(one.get(name("late"))).isSameAs(late);
        assertThat(one.unnamed()).isEqualTo(body("u"));
        assertThat(server.touch(early)).isFalse();
        assertThat(server.touch(late)).isTrue();
        assertThat(cache.size()).isOne();
    }

    @Test
    void comparesNamesAsBytes() {
        ByteBuf buffer = Unpooled.copiedBuffer("xxcaf\u00e9yy", StandardCharsets.ISO_8859_1);
        StatementName latin = StatementName.of(buffer, 2, 4);

        assertThat(latin).isNotEqualTo(name("caf\u00e9"));
        assertThat(StatementName.probe().read(buffer, 2, 4)).isEqualTo(latin).hasSameHashCodeAs(latin);
    }

    @Test
    void findsNamesLongerThanAnyBefore() {
        String longName = "n".repeat(16_384);
        PreparedStatement statement = one.put(name(longName), body("x"));
        ByteBuf buffer = Unpooled.copiedBuffer(longName, StandardCharsets.UTF_8);

        assertThat(one.find(buffer, 0, longName.length())).isSameAs(statement);
        assertThat(one.find(buffer, 0, longName.length() - 1)).isNull();
    }
}
