package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MessageWriterTest {
    @RegisterExtension
    final TestBuffers buffers = new TestBuffers();

    @Test
    void writesWhatTheMessagesWrite() {
        assertSame(
                out -> MessageWriter.writeReadyForQuery(out, (byte) 'E'), new ReadyForQuery(TransactionStatus.FAILED));
        assertSame(MessageWriter::writeParseComplete, new ParseComplete());
        assertSame(MessageWriter::writeCloseComplete, new CloseComplete());
        assertSame(MessageWriter::writeSync, new Sync());
        assertSame(MessageWriter::writeTerminate, new Terminate());
        assertSame(out -> MessageWriter.writeQuery(out, "select 'é'"), new Query("select 'é'"));
        assertSame(out -> MessageWriter.writeParameterStatus(out, "a", "b"), new ParameterStatus("a", "b"));
        assertSame(
                out -> MessageWriter.writeNegotiateProtocolVersion(out, ProtocolVersion.V3_2, List.of("_pq_.x")),
                new NegotiateProtocolVersion(ProtocolVersion.V3_2, List.of("_pq_.x")));
    }

    private void assertSame(Consumer<ByteBuf> writer, Message message) {
        ByteBuf written = buffers.empty();
        ByteBuf encoded = buffers.empty();
        writer.accept(written);
        message.encode(encoded);
        assertThat(written).isEqualTo(encoded);
    }
}
