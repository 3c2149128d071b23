package dev.postern.gateway.protocol;

import dev.postern.auth.Secret;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Every message with the bytes it has by the manual's section "Message Formats". */
final class MessageSamples {
    private static final short ZERO = 0;
    private static final short ONE = 1;
    private static final short TWO = 2;

    private MessageSamples() {}

    /**
     * @param message to encode, and to be decoded
     * @param wire the whole message
     * @param openEnded the body ends in bytes of any length, so that it stays legal when cut or made longer
     */
    record Sample(Message message, byte[] wire, boolean openEnded) {
        byte type() {
            return wire[0];
        }

        byte[] body() {
            return Arrays.copyOfRange(wire, MessageHeader.HEADER_LENGTH, wire.length);
        }

        @Override
        public String toString() {
            return message.toString();
        }
    }

    private static Sample exact(Message message, byte[] wire) {
        return new Sample(message, wire, false);
    }

    private static Sample openEnded(Message message, byte[] wire) {
        return new Sample(message, wire, true);
    }

    private static Value value(String text) {
        return Value.text(text);
    }

    private static Secret secret(String text) {
        return Secret.ofText(text);
    }

    static List<Sample> frontend() {
        return List.of(
                exact(
                        new Bind(
                                "c1",
                                "s1",
                                List.of(Format.TEXT, Format.BINARY),
                                List.of(value("ä"), Value.NULL, value("")),
                                List.of(Format.BINARY)),
                        Wire.message('B', "c1", '\0', "s1", '\0', TWO, ZERO, ONE, (short) 3, 2, "ä", -1, 0, ONE, ONE)),
                exact(
                        new Bind("", "", List.of(), List.of(), List.of()),
                        Wire.message('B', '\0', '\0', ZERO, ZERO, ZERO)),
                exact(new Close(StatementOrPortal.STATEMENT, "s1"), Wire.message('C', 'S', "s1", '\0')),
                exact(new Describe(StatementOrPortal.PORTAL, ""), Wire.message('D', 'P', '\0')),
                openEnded(new CopyData(Unpooled.wrappedBuffer(Wire.bytes("1\ta\n"))), Wire.message('d', "1\ta\n")),
                exact(new CopyDone(), Wire.message('c')),
                exact(new CopyFail("no more"), Wire.message('f', "no more", '\0')),
                exact(new Execute("c1", 100), Wire.message('E', "c1", '\0', 100)),
                exact(new Flush(), Wire.message('H')),
                exact(
                        new FunctionCall(
                                952, List.of(Format.BINARY), List.of(value("abcd"), Value.NULL), Format.BINARY),
                        Wire.message('F', 952, ONE, ONE, TWO, 4, "abcd", -1, ONE)),
                exact(
                        new Parse("s1", "select $1", List.of(23, 0)),
                        Wire.message('P', "s1", '\0', "select $1", '\0', TWO, 23, 0)),
                exact(new Query("select 'ß'"), Wire.message('Q', "select 'ß'", '\0')),
                exact(new Sync(), Wire.message('S')),
                exact(new Terminate(), Wire.message('X')));
    }

    /** The messages that share the type {@code p}, in the order password, SASL initial with and without data, SASL, GSS. */
    static List<Sample> password() {
        return List.of(
                exact(new PasswordMessage(secret("geheim")), Wire.message('p', "geheim", '\0')),
                exact(
                        new SASLInitialResponse("SCRAM-SHA-256", Optional.of(secret("n,,n=,r=abc"))),
                        Wire.message('p', "SCRAM-SHA-256", '\0', 11, "n,,n=,r=abc")),
                exact(new SASLInitialResponse("X", Optional.empty()), Wire.message('p', "X", '\0', -1)),
                openEnded(new SASLResponse(secret("c=biws")), Wire.message('p', "c=biws")),
                openEnded(new GSSResponse(secret("token")), Wire.message('p', "token")));
    }

    static List<Sample> backend() {
        return List.of(
                exact(new AuthenticationOk(), Wire.message('R', 0)),
                exact(new AuthenticationCleartextPassword(), Wire.message('R', 3)),
                exact(new AuthenticationMD5Password(0x01F2_03F4), Wire.message('R', 5, 0x01F2_03F4)),
                exact(
                        new AuthenticationSASL(List.of("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")),
                        Wire.message('R', 10, "SCRAM-SHA-256-PLUS", '\0', "SCRAM-SHA-256", '\0', '\0')),
                openEnded(
                        new AuthenticationSASLContinue(secret("r=abc,s=QQ==")), Wire.message('R', 11, "r=abc,s=QQ==")),
                openEnded(new AuthenticationSASLFinal(secret("v=QQ==")), Wire.message('R', 12, "v=QQ==")),
                openEnded(new BackendKeyData(-7, secret("abcd")), Wire.message('K', -7, "abcd")),
                exact(new BindComplete(), Wire.message('2')),
                exact(new CloseComplete(), Wire.message('3')),
                exact(new CommandComplete("INSERT 0 1"), Wire.message('C', "INSERT 0 1", '\0')),
                exact(new CopyBothResponse(Format.TEXT, List.of()), Wire.message('W', '\0', ZERO)),
                openEnded(new CopyData(Unpooled.wrappedBuffer(Wire.bytes("2\n"))), Wire.message('d', "2\n")),
                exact(new CopyDone(), Wire.message('c')),
                exact(
                        new CopyInResponse(Format.BINARY, List.of(Format.BINARY, Format.BINARY)),
                        Wire.message('G', (char) 1, TWO, ONE, ONE)),
                exact(new CopyOutResponse(Format.TEXT, List.of(Format.TEXT)), Wire.message('H', '\0', ONE, ZERO)),
                exact(
                        new DataRow(List.of(value("1"), Value.NULL, value(""))),
                        Wire.message('D', (short) 3, 1, "1", -1, 0)),
                exact(new DataRow(List.of()), Wire.message('D', ZERO)),
                exact(new EmptyQueryResponse(), Wire.message('I')),
                exact(
                        ErrorResponse.fatal("28P01", "no").withHint("try").withDetail("so"),
                        Wire.message(
                                'E', "SFATAL", '\0', "VFATAL", '\0', "C28P01", '\0', "Mno", '\0', "Htry", '\0', "Dso",
                                '\0', '\0')),
                exact(new FunctionCallResponse(value("x")), Wire.message('V', 1, "x")),
                exact(new FunctionCallResponse(Value.NULL), Wire.message('V', -1)),
                exact(
                        new NegotiateProtocolVersion(ProtocolVersion.V3_2, List.of("_pq_.a", "_pq_.b")),
                        Wire.message('v', 196610, 2, "_pq_.a", '\0', "_pq_.b", '\0')),
                exact(new NoData(), Wire.message('n')),
                exact(
                        NoticeResponse.warning("01000", "hm"),
                        Wire.message('N', "SWARNING", '\0', "VWARNING", '\0', "C01000", '\0', "Mhm", '\0', '\0')),
                exact(new NotificationResponse(42, "jobs", "7"), Wire.message('A', 42, "jobs", '\0', "7", '\0')),
                exact(new ParameterDescription(List.of(23, 25)), Wire.message('t', TWO, 23, 25)),
                exact(
                        new ParameterStatus("TimeZone", "Europe/Berlin"),
                        Wire.message('S', "TimeZone", '\0', "Europe/Berlin", '\0')),
                exact(new ParseComplete(), Wire.message('1')),
                exact(new PortalSuspended(), Wire.message('s')),
                exact(new ReadyForQuery(TransactionStatus.IN_TRANSACTION), Wire.message('Z', 'T')),
                exact(
                        new RowDescription(List.of(
                                new RowField("id", 16384, (short) 1, 23, (short) 4, -1, Format.BINARY),
                                RowField.text("name"))),
                        Wire.message(
                                'T',
                                TWO,
                                "id",
                                '\0',
                                16384,
                                ONE,
                                23,
                                (short) 4,
                                -1,
                                ONE,
                                "name",
                                '\0',
                                0,
                                ZERO,
                                25,
                                (short) -1,
                                -1,
                                ZERO)));
    }
}
