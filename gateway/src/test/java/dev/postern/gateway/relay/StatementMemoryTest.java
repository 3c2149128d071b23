package dev.postern.gateway.relay;

import static dev.postern.gateway.relay.Frames.bind;
import static dev.postern.gateway.relay.Frames.close;
import static dev.postern.gateway.relay.Frames.closeComplete;
import static dev.postern.gateway.relay.Frames.error;
import static dev.postern.gateway.relay.Frames.execute;
import static dev.postern.gateway.relay.Frames.parse;
import static dev.postern.gateway.relay.Frames.parseComplete;
import static dev.postern.gateway.relay.Frames.ready;
import static dev.postern.gateway.relay.Frames.sync;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StatementMemoryTest {
    private static final int KILOBYTE = 1024;

    private static String text(char c, int length) {
        return String.valueOf(c).repeat(length);
    }

    private static Pair pair(StatementMemory memory) {
        return new Pair(LinkMode.shared(true, true), new StatementCache(memory), 100);
    }

    private static void prepares(Pair pair, String name, String sql) {
        pair.fromClient(parse(name, sql), sync());
        pair.fromServer(parseComplete(), ready('I'));
        assertThat(pair.toClient()).containsExactly("1:", "Z:I");
    }

    @Test
    void refusesWhatIsTooMuchForOneClient() {
        StatementMemory memory = new StatementMemory(0, 20 * KILOBYTE);
        Pair pair = pair(memory);
        prepares(pair, "a", text('a', 8 * KILOBYTE));
        prepares(pair, "b", text('b', 8 * KILOBYTE));
        pair.toServer();

        pair.fromClient(parse("c", text('c', 8 * KILOBYTE)), bind("c"), execute(), sync());
        pair.fromServer(error("26000"), ready('I'));
        assertThat(pair.toClient())
                .satisfiesExactly(
                        error -> assertThat(error).contains("C53200").contains("maxStatementMemory"),
                        ready -> assertThat(ready).isEqualTo("Z:I"));

        pair.fromClient(close("a"), sync());
        pair.fromServer(closeComplete(), ready('I'));
        pair.toClient();
        prepares(pair, "c", text('c', 8 * KILOBYTE));
        pair.end();
        assertThat(memory.used()).isZero();
    }

    @Test
    void refusesWhatIsTooMuchInAllButNotWhatIsThereAlready() {
        StatementMemory memory = new StatementMemory(20 * KILOBYTE, 0);
        StatementCache cache = new StatementCache(memory);
        ClientStatements one = new ClientStatements(cache);
        ClientStatements other = new ClientStatements(cache);
        byte[] text = text('a', 15 * KILOBYTE).getBytes(StandardCharsets.US_ASCII);
        byte[] another = text('b', 15 * KILOBYTE).getBytes(StandardCharsets.US_ASCII);

        one.put(name("s"), text);

        assertThat(other.isRoomFor(1, text)).isTrue();
        assertThat(other.isRoomFor(1, another)).isFalse();
        other.unnamed(another, 0);
        assertThat(other.unnamed()).as("kept for another server").isNull();
        other.put(name("s"), text);
        assertThat(memory.used()).isBetween(15L * KILOBYTE, 16L * KILOBYTE);
        one.clear();
        other.clear();
        assertThat(memory.used()).isZero();
    }

    @Test
    void comesBackToNothingWhateverHappensToStatements() {
        StatementMemory memory = new StatementMemory();
        StatementCache cache = new StatementCache(memory);
        ClientStatements client = new ClientStatements(cache);
        ServerStatements server = new ServerStatements(cache, 1);
        for (int round = 0; round < 3; round++) {
            PreparedStatement a = client.put(name("a"), text('a', 100).getBytes(StandardCharsets.US_ASCII));
            server.add(a);
            client.outdated(a);
            PreparedStatement b = client.put(name("b"), text('b', 10_000).getBytes(StandardCharsets.US_ASCII));
            server.add(b);
            PreparedStatement evicted = java.util.Objects.requireNonNull(server.nextToGo(0));
            server.evict(evicted);
            server.evicted(evicted);
            client.undo(name("b"), b);
            client.restore(name("a"), java.util.Objects.requireNonNull(client.take(name("a"))));
            client.unnamed(text('u', 9000).getBytes(StandardCharsets.US_ASCII), 0);
            client.clearNamedBut(java.util.Map.of());
            server.clear();
        }
        assertThat(client.bytes()).isEqualTo(9000);
        client.clear();
        assertThat(client.bytes()).isZero();
        assertThat(memory.used()).isZero();
    }

    private static StatementName name(String text) {
        io.netty.buffer.ByteBuf buffer = io.netty.buffer.Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
        return StatementName.of(buffer, 0, buffer.readableBytes());
    }
}
