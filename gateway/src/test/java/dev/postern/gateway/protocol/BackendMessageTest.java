package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.protocol.MessageSamples.Sample;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BackendMessageTest {
    private static final String TYPES = "RK23CWdcGHDIEVvnNAtS1sZT";

    @RegisterExtension
    final TestBuffers buffers = new TestBuffers();

    static List<Sample> samples() {
        return MessageSamples.backend();
    }

    static List<Sample> exactSamples() {
        return samples().stream().filter(sample -> !sample.openEnded()).toList();
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
    void decodesWhole(Sample sample) {
        ByteBuf body = buffers.of(sample.body());
        assertThat(BackendMessage.decode(sample.type(), body)).isEqualTo(sample.message());
        assertThat(body.isReadable()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("samples")
    void decodesByteByByteAndLeavesWhatFollows(Sample sample) {
        ByteBuf in = buffers.empty();
        for (int i = 0; i < sample.wire().length - 1; i++) {
            in.writeByte(sample.wire()[i]);
            assertThat(decode(in)).as("after byte %s", i + 1).isEmpty();
            assertThat(in.readerIndex()).isZero();
        }
        in.writeByte(sample.wire()[sample.wire().length - 1]).writeByte('!');
        assertThat(decode(in)).hasValue((BackendMessage) sample.message());
        assertThat(in.toString(StandardCharsets.US_ASCII)).isEqualTo("!");
    }

    @ParameterizedTest
    @MethodSource("exactSamples")
    void refusesGarbageAfterTheBody(Sample sample) {
        ByteBuf body = buffers.of(sample.body()).writeByte(0);
        assertThatThrownBy(() -> BackendMessage.decode(sample.type(), body)).isInstanceOf(ProtocolViolation.class);
    }

    @ParameterizedTest
    @MethodSource("exactSamples")
    void refusesTheBodyCutAnywhere(Sample sample) {
        for (int length = 0; length < sample.body().length; length++) {
            ByteBuf cut = buffers.of(Arrays.copyOf(sample.body(), length));
            assertThatThrownBy(() -> BackendMessage.decode(sample.type(), cut))
                    .as("%s of %s bytes", length, sample.body().length)
                    .isInstanceOf(ProtocolViolation.class);
        }
    }

    @Test
    void hasASampleOfEveryMessage() {
        Set<Class<?>> sampled = new HashSet<>();
        samples().forEach(sample -> sampled.add(sample.message().getClass()));
        for (Class<?> message : BackendMessage.class.getPermittedSubclasses()) {
            if (!message.isInterface()) {
                assertThat(sampled).contains(message);
            }
        }
    }

    @Test
    void refusesALengthAsSoonAsItIsThere() {
        for (int length : new int[] {Integer.MIN_VALUE, -1, 0, 3, 5_001, Integer.MAX_VALUE}) {
            ByteBuf in = buffers.of(Wire.bytes('D', length));
            assertThatThrownBy(() -> MessageDecoder.backend(in, 5_000))
                    .isInstanceOf(ProtocolViolation.class)
                    .hasMessageContaining("invalid message length");
        }
    }

    @Test
    void refusesAnUnknownTypeBeforeItsLengthIsThere() {
        for (int type = 0; type < 256; type++) {
            ByteBuf in = buffers.of(new byte[] {(byte) type});
            if (TYPES.indexOf((char) type) >= 0) {
                assertThat(decode(in)).isEmpty();
            } else {
                assertThatThrownBy(() -> decode(in))
                        .isInstanceOf(ProtocolViolation.class)
                        .hasMessage("invalid backend message type " + type);
            }
        }
    }

    @Test
    void namesAuthenticationMethodsThatAreNotSpoken() {
        for (int code : new int[] {2, 6, 7, 8, 9, 13, -1}) {
            ByteBuf body = buffers.of(Wire.bytes(code, "anything"));
            assertThat(BackendMessage.decode(BackendType.AUTHENTICATION, body))
                    .isEqualTo(new AuthenticationUnsupported(code));
            assertThat(body.isReadable()).isFalse();
        }
    }

    @Test
    void takesKeysOfFourToTwoHundredFiftySixBytes() {
        for (int length : new int[] {4, 32, 256}) {
            ByteBuf body = buffers.of(Wire.bytes(1, new byte[length]));
            BackendKeyData data = (BackendKeyData) BackendMessage.decode(BackendType.BACKEND_KEY_DATA, body);
            assertThat(data.secretKey().length()).isEqualTo(length);
        }
        for (int length : new int[] {0, 3, 257}) {
            ByteBuf body = buffers.of(Wire.bytes(1, new byte[length]));
            assertThatThrownBy(() -> BackendMessage.decode(BackendType.BACKEND_KEY_DATA, body))
                    .isInstanceOf(ProtocolViolation.class);
        }
    }

    @Test
    void refusesCountsThatTheBodyCannotHold() {
        assertThatThrownBy(() -> BackendMessage.decode(BackendType.DATA_ROW, buffers.of(Wire.bytes((short) -1))))
                .hasMessage("insufficient data left in message");
        assertThatThrownBy(() -> BackendMessage.decode(BackendType.ROW_DESCRIPTION, buffers.of(Wire.bytes((short) -1))))
                .hasMessage("insufficient data left in message");
        for (int count : new int[] {-1, 2, Integer.MAX_VALUE}) {
            ByteBuf body = buffers.of(Wire.bytes(196610, count, '\0'));
            assertThatThrownBy(() -> BackendMessage.decode(BackendType.NEGOTIATE_PROTOCOL_VERSION, body))
                    .hasMessage("insufficient data left in message");
        }
    }

    @Test
    void refusesAnErrorMadeOfEndlessFields() {
        ByteBuf body = buffers.empty();
        for (int i = 0; i < 256; i++) {
            body.writeByte('S').writeByte(0);
        }
        body.writeByte(0);
        assertThatThrownBy(() -> BackendMessage.decode(BackendType.ERROR_RESPONSE, body))
                .isInstanceOf(ProtocolViolation.class)
                .hasMessageContaining("too many fields");
    }

    @Test
    void refusesATransactionStatusThatDoesNotExist() {
        assertThatThrownBy(() -> BackendMessage.decode(BackendType.READY_FOR_QUERY, buffers.of(Wire.bytes('X'))))
                .hasMessage("invalid transaction status 88");
    }

    @Test
    void givesTheSaltInTheOrderOfTheWire() {
        assertThat(new AuthenticationMD5Password(0x01F2_03F4).saltBytes())
                .isEqualTo(new byte[] {0x01, (byte) 0xF2, 0x03, (byte) 0xF4});
    }

    @Test
    void showsNoKeyInItsText() {
        for (Sample sample : samples()) {
            assertThat(sample.message().toString()).doesNotContain("abcd", "r=abc", "v=QQ");
        }
    }

    private static Optional<BackendMessage> decode(ByteBuf in) {
        return MessageDecoder.backend(in, MessageHeader.LARGE_MESSAGE_LIMIT);
    }
}
