package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.protocol.MessageSamples.Sample;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FrontendMessageTest {
    private static final String TYPES = "BCdcfDEHFPQSX";

    @RegisterExtension
    final TestBuffers buffers = new TestBuffers();

    static List<Sample> samples() {
        return MessageSamples.frontend();
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
        assertThat(FrontendMessage.decode(sample.type(), body)).isEqualTo(sample.message());
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
        assertThat(decode(in)).hasValue((FrontendMessage) sample.message());
        assertThat(in.toString(StandardCharsets.US_ASCII)).isEqualTo("!");
    }

    @ParameterizedTest
    @MethodSource("exactSamples")
    void refusesGarbageAfterTheBody(Sample sample) {
        ByteBuf body = buffers.of(sample.body()).writeByte(0);
        assertThatThrownBy(() -> FrontendMessage.decode(sample.type(), body)).isInstanceOf(ProtocolViolation.class);
    }

    @ParameterizedTest
    @MethodSource("exactSamples")
    void refusesTheBodyCutAnywhere(Sample sample) {
        for (int length = 0; length < sample.body().length; length++) {
            ByteBuf cut = buffers.of(Arrays.copyOf(sample.body(), length));
            assertThatThrownBy(() -> FrontendMessage.decode(sample.type(), cut))
                    .as("%s of %s bytes", length, sample.body().length)
                    .isInstanceOf(ProtocolViolation.class);
        }
    }

    @Test
    void hasASampleOfEveryMessage() {
        Set<Class<?>> sampled = new HashSet<>();
        Stream.concat(samples().stream(), MessageSamples.password().stream())
                .forEach(sample -> sampled.add(sample.message().getClass()));
        for (Class<?> message : FrontendMessage.class.getPermittedSubclasses()) {
            if (!message.isInterface()) {
                assertThat(sampled).contains(message);
            }
        }
    }

    @Test
    void refusesALengthAsSoonAsItIsThere() {
        for (int length : new int[] {Integer.MIN_VALUE, -1, 0, 3, 5_001, Integer.MAX_VALUE}) {
            ByteBuf in = buffers.of(Wire.bytes('Q', length));
            assertThatThrownBy(() -> MessageDecoder.frontend(in, 5_000))
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
                        .hasMessage("invalid frontend message type " + type);
            }
        }
    }

    @Test
    void refusesPasswordMessagesAfterTheLogin() {
        ByteBuf in = buffers.of(Wire.message('p', "x", '\0'));
        assertThatThrownBy(() -> decode(in))
                .isInstanceOf(ProtocolViolation.class)
                .hasMessage("invalid frontend message type 112");
    }

    @Test
    void refusesCountsThatTheBodyCannotHold() {
        byte[][] bodies = {
            Wire.bytes('\0', '\0', (short) -1),
            Wire.bytes('\0', '\0', (short) 0, (short) -1),
            Wire.bytes('\0', '\0', (short) 0, (short) 1, Integer.MAX_VALUE, (short) 0),
            Wire.bytes('\0', '\0', (short) 0, (short) 1, -2, (short) 0),
        };
        for (byte[] body : bodies) {
            ByteBuf in = buffers.of(body);
            assertThatThrownBy(() -> FrontendMessage.decode(FrontendType.BIND, in))
                    .isInstanceOf(ProtocolViolation.class)
                    .hasMessage("insufficient data left in message");
        }
    }

    @Test
    void refusesFormatsAndKindsThatDoNotExist() {
        ByteBuf format = buffers.of(Wire.bytes('\0', '\0', (short) 1, (short) 2, (short) 0, (short) 0));
        assertThatThrownBy(() -> FrontendMessage.decode(FrontendType.BIND, format))
                .hasMessage("unsupported format code: 2");
        ByteBuf kind = buffers.of(Wire.bytes('X', '\0'));
        assertThatThrownBy(() -> FrontendMessage.decode(FrontendType.CLOSE, kind))
                .hasMessage("invalid CLOSE message subtype 88");
    }

    @Test
    void refusesToWriteWhatDoesNotFitAndLeavesTheBufferAsItWas() {
        List<Message> unfit = List.of(
                new Query("select 1\0; drop"),
                new Parse("s", "q", Collections.nCopies(65_536, 0)),
                new Bind("p", "s", List.of(), Collections.nCopies(65_536, Value.NULL), List.of()));
        for (Message message : unfit) {
            ByteBuf out = buffers.of(Wire.bytes("before"));
            assertThatThrownBy(() -> message.encode(out)).isInstanceOf(IllegalArgumentException.class);
            assertThat(out.toString(StandardCharsets.US_ASCII)).isEqualTo("before");
        }
    }

    @Test
    void takesAsManyParametersAsPostgreSQL() {
        Bind bind = new Bind("", "", List.of(), Collections.nCopies(65_535, Value.NULL), List.of());
        ByteBuf out = buffers.empty();
        bind.encode(out);
        assertThat(decode(out)).hasValue(bind);
    }

    @Test
    void keepsPayloadsAsViewsWithoutRetainingThem() {
        ByteBuf body = buffers.of(Wire.bytes("row"));
        CopyData data = (CopyData) FrontendMessage.decode(FrontendType.COPY_DATA, body);
        body.setByte(0, 'R');
        assertThat(data.data().toString(StandardCharsets.US_ASCII)).isEqualTo("Row");
        assertThat(body.refCnt()).isOne();
    }

    @Test
    void encodesAPayloadTwice() {
        CopyData data = new CopyData(Unpooled.wrappedBuffer(Wire.bytes("row")));
        ByteBuf first = buffers.empty();
        ByteBuf second = buffers.empty();
        data.encode(first);
        data.encode(second);
        assertThat(second).isEqualTo(first);
    }

    @Test
    void carriesTextThatIsNotUtf8WithoutLoss() {
        byte[] latin1 = Wire.bytes('s', (char) 0xE9, (char) 0xE8, "ß😀", (char) 0xF0, (char) 0x9F, '\0');
        Query query = (Query) FrontendMessage.decode(FrontendType.QUERY, buffers.of(latin1));
        Query other = (Query)
                FrontendMessage.decode(FrontendType.QUERY, buffers.of(Wire.bytes('s', (char) 0xE9, (char) 0xE9, '\0')));
        ByteBuf out = buffers.empty();
        query.encodeBody(out);
        assertThat(ByteBufUtil.getBytes(out)).isEqualTo(latin1);
        assertThat(query.query()).startsWith("s").contains("ß😀").isNotEqualTo(other.query());
    }

    @Test
    void carriesAReplacementCharacterThatWasSent() {
        Query query = new Query("select '\uFFFD'");
        ByteBuf out = buffers.empty();
        query.encode(out);
        assertThat(decode(out)).hasValue(query);
    }

    @Test
    void showsNoSecretInItsText() {
        for (Sample sample : MessageSamples.password()) {
            assertThat(sample.message().toString()).doesNotContain("geheim", "abc", "biws", "token");
        }
    }

    private static Optional<FrontendMessage> decode(ByteBuf in) {
        return MessageDecoder.frontend(in, MessageHeader.LARGE_MESSAGE_LIMIT);
    }
}
