package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.auth.Secret;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StartupPacketDecoderTest {
    private static final int V3_0 = 196608;
    private static final int CANCEL = 80877102;
    private static final int SSL = 80877103;
    private static final int GSS = 80877104;
    private static final byte[] STARTUP =
            Wire.packet(V3_0, "user", '\0', "app", '\0', "database", '\0', "orders", '\0', '\0');

    @RegisterExtension
    final TestBuffers buffers = new TestBuffers();

    private static StartupMessage startup(String... namesAndValues) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            parameters.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return new StartupMessage(ProtocolVersion.V3_0, parameters);
    }

    record Sample(StartupPacket packet, byte[] wire) {
        @Override
        public String toString() {
            return packet.toString();
        }
    }

    static List<Sample> samples() {
        return List.of(
                new Sample(startup("user", "app", "database", "orders"), STARTUP),
                new Sample(new SSLRequest(), Wire.packet(SSL)),
                new Sample(new GSSENCRequest(), Wire.packet(GSS)),
                new Sample(new CancelRequest(77, Secret.ofText("abcd")), Wire.packet(CANCEL, 77, "abcd")),
                new Sample(
                        new CancelRequest(-1, Secret.ofBytes(new byte[256])), Wire.packet(CANCEL, -1, new byte[256])));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void encodesAsTheManualSays(Sample sample) {
        ByteBuf out = buffers.empty();
        sample.packet().encode(out);
        assertThat(ByteBufUtil.getBytes(out)).isEqualTo(sample.wire());
    }

    @ParameterizedTest
    @MethodSource("samples")
    void decodesWholeAndLeavesWhatFollows(Sample sample) {
        ByteBuf in = buffers.of(sample.wire()).writeByte('!');
        assertThat(StartupPacketDecoder.decode(in)).hasValue(sample.packet());
        assertThat(in.toString(StandardCharsets.US_ASCII)).isEqualTo("!");
    }

    @ParameterizedTest
    @MethodSource("samples")
    void decodesByteByByteAndConsumesNothingBefore(Sample sample) {
        ByteBuf in = buffers.empty();
        for (int i = 0; i < sample.wire().length - 1; i++) {
            in.writeByte(sample.wire()[i]);
            assertThat(StartupPacketDecoder.decode(in)).isEmpty();
            assertThat(in.readerIndex()).isZero();
        }
        in.writeByte(sample.wire()[sample.wire().length - 1]);
        assertThat(StartupPacketDecoder.decode(in)).hasValue(sample.packet());
    }

    @Test
    void refusesAPacketAboveTheLimitAtItsLengthWord() {
        for (int length : new int[] {Integer.MIN_VALUE, -1, 0, 7, 10_005, Integer.MAX_VALUE}) {
            ByteBuf in = buffers.of(Wire.bytes(length));
            assertRefused(in, SqlStates.PROTOCOL_VIOLATION, "invalid length of startup packet");
        }
    }

    @Test
    void takesAPacketOfExactlyTheLimit() {
        byte[] name = new byte[StartupPacketDecoder.MAX_STARTUP_PACKET_LENGTH - 4 - "user".length() - 3];
        Arrays.fill(name, (byte) 'x');
        byte[] wire = Wire.packet(V3_0, "user", '\0', name, '\0', '\0');
        assertThat(wire).hasSize(10_004);
        assertThat(StartupPacketDecoder.decode(buffers.of(wire))).isPresent();
    }

    @Test
    void refusesRequestsOfTheWrongLengthBeforeTheirRestIsThere() {
        for (byte[] header : new byte[][] {Wire.bytes(9, SSL), Wire.bytes(10_000, GSS)}) {
            assertRefused(buffers.of(header), SqlStates.PROTOCOL_VIOLATION, "invalid length of startup packet");
        }
        for (byte[] header : new byte[][] {Wire.bytes(12, CANCEL), Wire.bytes(15, CANCEL), Wire.bytes(269, CANCEL)}) {
            assertRefused(buffers.of(header), SqlStates.PROTOCOL_VIOLATION, "invalid length of cancel request packet");
        }
    }

    @Test
    void refusesOtherProtocolsBeforeTheirRestIsThere() {
        assertRefused(
                buffers.of(Wire.bytes(296, 2 << 16)),
                SqlStates.FEATURE_NOT_SUPPORTED,
                "unsupported frontend protocol 2.0: server supports 3.0 to 3.2");
        assertRefused(
                buffers.of(Wire.bytes(296, 4 << 16)),
                SqlStates.FEATURE_NOT_SUPPORTED,
                "unsupported frontend protocol 4.0: server supports 3.0 to 3.2");
        assertRefused(
                buffers.of(Wire.bytes(8, 80877105)),
                SqlStates.FEATURE_NOT_SUPPORTED,
                "unsupported frontend protocol 1234.5681: server supports 3.0 to 3.2");
    }

    @Test
    void refusesOtherLayouts() {
        String layout = "invalid startup packet layout: expected terminator as last byte";
        assertRefused(buffers.of(Wire.packet(V3_0)), SqlStates.PROTOCOL_VIOLATION, layout);
        assertRefused(buffers.of(Wire.packet(V3_0, "user", '\0', "app", '\0')), SqlStates.PROTOCOL_VIOLATION, layout);
        assertRefused(
                buffers.of(Wire.packet(V3_0, "user", '\0', "app", '\0', '\0', '\0')),
                SqlStates.PROTOCOL_VIOLATION,
                layout);
        assertRefused(buffers.of(Wire.packet(V3_0, "user", '\0')), SqlStates.PROTOCOL_VIOLATION, layout);
        assertRefused(
                buffers.of(Wire.packet(V3_0, "user", '\0', "app")),
                SqlStates.PROTOCOL_VIOLATION,
                "invalid string in message");
    }

    @Test
    void refusesTextThatIsNotUtf8() {
        for (byte[] name : List.of(
                Wire.bytes((char) 0xE9),
                Wire.bytes((char) 0xC0, (char) 0x80),
                Wire.bytes((char) 0xED, (char) 0xA0, (char) 0x80))) {
            assertRefused(
                    buffers.of(Wire.packet(V3_0, "user", '\0', name, '\0', '\0')),
                    SqlStates.PROTOCOL_VIOLATION,
                    "startup packet is not valid UTF-8");
        }
    }

    @Test
    void refusesAMissingOrEmptyUser() {
        String missing = "no PostgreSQL user name specified in startup packet";
        String state = SqlStates.INVALID_AUTHORIZATION_SPECIFICATION;
        assertRefused(buffers.of(Wire.packet(V3_0, '\0')), state, missing);
        assertRefused(buffers.of(Wire.packet(V3_0, "user", '\0', '\0', '\0')), state, missing);
    }

    @Test
    void keepsOrderAndTheLastOfTwoValues() {
        StartupMessage message = decode(Wire.packet(
                V3_0, "user", '\0', "a", '\0', "b", '\0', "1", '\0', "a", '\0', "2", '\0', "user", '\0', "c", '\0',
                '\0'));
        assertThat(message.user()).isEqualTo("c");
        assertThat(message.settings()).containsExactly(Map.entry("b", "1"), Map.entry("a", "2"));
    }

    @Test
    void takesTheUserForAMissingOrEmptyDatabase() {
        assertThat(startup("user", "app").database()).isEqualTo("app");
        assertThat(startup("user", "app", "database", "").database()).isEqualTo("app");
        assertThat(startup("user", "app", "database", "orders").database()).isEqualTo("orders");
    }

    @Test
    void readsReplicationAsPostgreSQLDoes() {
        assertThat(startup("user", "a").replication()).isEqualTo(ReplicationMode.NONE);
        for (String value : List.of("off", "of", "false", "F", "no", "0")) {
            assertThat(startup("user", "a", "replication", value).replication()).isEqualTo(ReplicationMode.NONE);
        }
        for (String value : List.of("on", "true", "T", "yes", "1")) {
            assertThat(startup("user", "a", "replication", value).replication()).isEqualTo(ReplicationMode.PHYSICAL);
        }
        assertThat(startup("user", "a", "replication", "database").replication())
                .isEqualTo(ReplicationMode.DATABASE);
        for (String value : List.of("", "o", "DATABASE", "2", "truely")) {
            assertRefused(
                    buffers.of(Wire.packet(V3_0, "user", '\0', "a", '\0', "replication", '\0', value, '\0', '\0')),
                    SqlStates.INVALID_PARAMETER_VALUE,
                    "invalid value for parameter \"replication\": \"" + value + "\"");
        }
    }

    @Test
    void negotiatesNewerMinorVersionsAndUnknownProtocolOptionsOnly() {
        assertThat(decode(Wire.packet(196610, "user", '\0', "a", '\0', '\0')).needsNegotiation())
                .isFalse();
        assertThat(decode(Wire.packet(196611, "user", '\0', "a", '\0', '\0')).needsNegotiation())
                .isTrue();
        StartupMessage options = decode(
                Wire.packet(V3_0, "user", '\0', "a", '\0', "_pq_.x", '\0', "1", '\0', "_pq_.y", '\0', '\0', '\0'));
        assertThat(options.needsNegotiation()).isTrue();
        assertThat(options.unrecognizedProtocolOptions()).containsExactly("_pq_.x", "_pq_.y");
        assertThat(options.settings()).isEmpty();
    }

    @Test
    void showsNoCancelKeyInItsText() {
        assertThat(new CancelRequest(1, Secret.ofText("abcd")).toString()).doesNotContain("abcd");
    }

    @Test
    void refusesToWriteAPacketThatIsTooLong() {
        StartupMessage message = startup("user", "x".repeat(10_000));
        ByteBuf out = buffers.empty();
        assertThatThrownBy(() -> message.encode(out)).isInstanceOf(IllegalArgumentException.class);
        assertThat(out.isReadable()).isFalse();
    }

    private StartupMessage decode(byte[] wire) {
        return (StartupMessage) StartupPacketDecoder.decode(buffers.of(wire)).orElseThrow();
    }

    private static void assertRefused(ByteBuf in, String sqlState, String message) {
        assertThatThrownBy(() -> StartupPacketDecoder.decode(in))
                .isInstanceOfSatisfying(ProtocolViolation.class, violation -> {
                    ErrorResponse error = ErrorResponses.of(violation.refusal());
                    assertThat(error.sqlState()).hasValue(sqlState);
                    assertThat(error.message()).isEqualTo(message);
                    assertThat(violation).hasMessage(message);
                    assertThat(violation.getStackTrace()).isEmpty();
                });
    }
}
