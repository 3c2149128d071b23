package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.protocol.MessageSamples.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackendMessageFuzzTest {
    @Test
    void refusesOrTakesAnyStream() {
        List<byte[]> seeds = MessageSamples.backend().stream().map(Sample::wire).toList();
        int taken =
                new Fuzz(1, seeds).run(100_000, in -> MessageDecoder.backend(in, MessageHeader.LARGE_MESSAGE_LIMIT));
        assertThat(taken).isGreaterThan(10_000);
    }

    @Test
    void refusesOrTakesAnyBodyAndWritesWhatItTookAgain() {
        for (Sample sample : MessageSamples.backend()) {
            int taken = new Fuzz(2, List.of(sample.body())).run(6_000, body -> {
                Message message = BackendMessage.decode(sample.type(), body);
                if (!(message instanceof AuthenticationUnsupported)) {
                    FrontendMessageFuzzTest.assertWrittenAgain(message, body);
                }
            });
            assertThat(taken).as(sample.toString()).isPositive();
        }
    }

    @Test
    void findsASqlStateInAnythingOrNothing() {
        List<byte[]> seeds = List.of(Wire.bytes("SERROR", '\0', "C40001", '\0', "Mx", '\0', '\0'));
        int taken = new Fuzz(3, seeds).run(200_000, ErrorResponse::sqlState);
        assertThat(taken).isEqualTo(200_000);
    }
}
