package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.protocol.MessageSamples.Sample;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrontendMessageFuzzTest {
    @Test
    void refusesOrTakesAnyStream() {
        List<byte[]> seeds =
                MessageSamples.frontend().stream().map(Sample::wire).toList();
        int taken =
                new Fuzz(1, seeds).run(100_000, in -> MessageDecoder.frontend(in, MessageHeader.LARGE_MESSAGE_LIMIT));
        assertThat(taken).isGreaterThan(10_000);
    }

    @Test
    void refusesOrTakesAnyBodyAndWritesWhatItTookAgain() {
        for (Sample sample : MessageSamples.frontend()) {
            int taken = new Fuzz(2, List.of(sample.body())).run(10_000, body -> {
                Message message = FrontendMessage.decode(sample.type(), body);
                assertWrittenAgain(message, body);
            });
            assertThat(taken).as(sample.toString()).isPositive();
        }
    }

    @Test
    void refusesOrTakesAnyPassword() {
        List<byte[]> seeds =
                MessageSamples.password().stream().map(Sample::body).toList();
        new Fuzz(3, seeds).run(50_000, body -> assertWrittenAgain(PasswordMessage.decode(body), body));
        new Fuzz(4, seeds).run(50_000, body -> assertWrittenAgain(SASLInitialResponse.decode(body), body));
        new Fuzz(5, seeds).run(50_000, body -> assertWrittenAgain(SASLResponse.decode(body), body));
    }

    /** Decoding loses nothing, not even text that is not UTF-8. */
    static void assertWrittenAgain(Message message, ByteBuf body) {
        ByteBuf out = Unpooled.buffer(body.readerIndex() + 64);
        message.encodeBody(out);
        if (!out.equals(body.slice(0, body.readerIndex()))) {
            throw new AssertionError(message.toString());
        }
    }
}
