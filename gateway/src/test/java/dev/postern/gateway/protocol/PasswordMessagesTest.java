package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.protocol.MessageSamples.Sample;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PasswordMessagesTest {
    private static final List<Function<ByteBuf, FrontendMessage>> DECODERS = List.of(
            PasswordMessage::decode,
            SASLInitialResponse::decode,
            SASLInitialResponse::decode,
            SASLResponse::decode,
            GSSResponse::decode);

    @RegisterExtension
    final TestBuffers buffers = new TestBuffers();

    static Stream<Arguments> samples() {
        return IntStream.range(0, DECODERS.size())
                .mapToObj(i -> Arguments.of(MessageSamples.password().get(i), DECODERS.get(i)));
    }

    static Stream<Arguments> exactSamples() {
        return samples().filter(arguments -> !((Sample) arguments.get()[0]).openEnded());
    }

    @ParameterizedTest
    @MethodSource("samples")
    void encodesAsTheManualSays(Sample sample) {
        ByteBuf out = buffers.empty();
        sample.message().encode(out);
        assertThat(ByteBufUtil.getBytes(out)).isEqualTo(sample.wire());
    }

    @ParameterizedTest
    @MethodSource("samples")
    void decodesByteByByteAndLeavesWhatFollows(Sample sample, Function<ByteBuf, FrontendMessage> decoder) {
        ByteBuf in = buffers.empty();
        for (int i = 0; i < sample.wire().length - 1; i++) {
            in.writeByte(sample.wire()[i]);
            assertThat(MessageDecoder.password(in, decoder)).isEmpty();
            assertThat(in.readerIndex()).isZero();
        }
        in.writeByte(sample.wire()[sample.wire().length - 1]).writeByte('!');
        assertThat(MessageDecoder.password(in, decoder)).hasValue((FrontendMessage) sample.message());
        assertThat(in.readableBytes()).isOne();
    }

    @ParameterizedTest
    @MethodSource("exactSamples")
    void refusesGarbageAfterTheBody(Sample sample, Function<ByteBuf, FrontendMessage> decoder) {
        ByteBuf body = buffers.of(sample.body()).writeByte(0);
        assertThatThrownBy(() -> decoder.apply(body)).isInstanceOf(ProtocolViolation.class);
    }

    @ParameterizedTest
    @MethodSource("exactSamples")
    void refusesTheBodyCutAnywhere(Sample sample, Function<ByteBuf, FrontendMessage> decoder) {
        for (int length = 0; length < sample.body().length; length++) {
            ByteBuf cut = buffers.of(Arrays.copyOf(sample.body(), length));
            assertThatThrownBy(() -> decoder.apply(cut)).isInstanceOf(ProtocolViolation.class);
        }
    }

    @Test
    void refusesAnyOtherTypeAtItsFirstByte() {
        ByteBuf in = buffers.of(Wire.bytes('Q'));
        assertThatThrownBy(() -> MessageDecoder.password(in, SASLResponse::decode))
                .isInstanceOf(ProtocolViolation.class)
                .hasMessage("expected password response, got message type 81");
    }

    @Test
    void refusesLengthsAboveTheLimitOfAuthenticationTokens() {
        ByteBuf in = buffers.of(Wire.bytes('p', 65_536));
        assertThatThrownBy(() -> MessageDecoder.password(in, SASLResponse::decode))
                .hasMessageContaining("invalid message length 65536");
    }

    @Test
    void refusesAnInitialResponseLongerThanItsMessage() {
        for (int length : new int[] {-2, 4, Integer.MAX_VALUE}) {
            ByteBuf body = buffers.of(Wire.bytes("SCRAM-SHA-256", '\0', length, "abc"));
            assertThatThrownBy(() -> SASLInitialResponse.decode(body)).isInstanceOf(ProtocolViolation.class);
        }
    }

    @Test
    void refusesAPasswordWithAZeroByteInside() {
        ByteBuf body = buffers.of(Wire.bytes("ab", '\0', "cd", '\0'));
        assertThatThrownBy(() -> PasswordMessage.decode(body)).hasMessage("invalid password packet size");
    }
}
