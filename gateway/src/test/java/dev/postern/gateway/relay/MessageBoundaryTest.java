package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class MessageBoundaryTest {
    private static byte[] message(int bodyLength) {
        return ByteBuffer.allocate(5 + bodyLength)
                .put((byte) 'd')
                .putInt(4 + bodyLength)
                .array();
    }

    @Test
    void knowsTheEndOfMessagesInAnyPieces() {
        byte[] stream = Unpooled.copiedBuffer(message(0), message(3), message(300), message(70_000))
                .array();
        java.util.Set<Integer> ends = java.util.Set.of(0, 5, 13, 318, 70_323);
        for (int piece : new int[] {1, 2, 4, 7, 4096}) {
            MessageBoundary boundary = new MessageBoundary();
            for (int at = 0; at < stream.length; at += piece) {
                assertThat(boundary.betweenMessages()).as("at " + at).isEqualTo(ends.contains(at));
                boundary.passes(Unpooled.wrappedBuffer(stream, at, Math.min(piece, stream.length - at)));
            }
            assertThat(boundary.betweenMessages()).isTrue();
        }
    }
}
