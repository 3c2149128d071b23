package dev.postern.gateway.it.harness;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Frontend messages in bytes, written by hand so that the gateway's codec is not its own witness. */
public final class FrontendBytes {
    /** Protocol 3.0. */
    public static final int PROTOCOL_3_0 = 3 << 16;

    /** Protocol 3.2 of PostgreSQL 18. */
    public static final int PROTOCOL_3_2 = 3 << 16 | 2;

    private static final int CANCEL_REQUEST = 1234 << 16 | 5678;
    private static final int SSL_REQUEST = 1234 << 16 | 5679;
    private static final int GSSENC_REQUEST = 1234 << 16 | 5680;

    private FrontendBytes() {}

    public static byte[] sslRequest() {
        return ByteBuffer.allocate(8).putInt(8).putInt(SSL_REQUEST).array();
    }

    public static byte[] gssEncRequest() {
        return ByteBuffer.allocate(8).putInt(8).putInt(GSSENC_REQUEST).array();
    }

    public static byte[] cancelRequest(int pid, byte[] key) {
        return ByteBuffer.allocate(12 + key.length)
                .putInt(12 + key.length)
                .putInt(CANCEL_REQUEST)
                .putInt(pid)
                .put(key)
                .array();
    }

    public static byte[] startup(int protocol, Map<String, String> parameters) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(int32(protocol));
        parameters.forEach((name, value) -> {
            body.writeBytes(cString(name));
            body.writeBytes(cString(value));
        });
        body.write(0);
        return concat(int32(body.size() + 4), body.toByteArray());
    }

    public static byte[] query(String sql) {
        return message('Q', cString(sql));
    }

    public static byte[] parse(String statement, String sql, int... typeOids) {
        ByteBuffer types = ByteBuffer.allocate(2 + 4 * typeOids.length).putShort((short) typeOids.length);
        for (int oid : typeOids) {
            types.putInt(oid);
        }
        return message('P', cString(statement), cString(sql), types.array());
    }

    /** Text parameters, text results. */
    public static byte[] bind(String portal, String statement, @Nullable String... parameters) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(cString(portal));
        body.writeBytes(cString(statement));
        body.writeBytes(int16(0));
        body.writeBytes(int16(parameters.length));
        for (String parameter : parameters) {
            if (parameter == null) {
                body.writeBytes(int32(-1));
            } else {
                byte[] bytes = parameter.getBytes(StandardCharsets.UTF_8);
                body.writeBytes(int32(bytes.length));
                body.writeBytes(bytes);
            }
        }
        body.writeBytes(int16(0));
        return message('B', body.toByteArray());
    }

    public static byte[] describeStatement(String statement) {
        return message('D', new byte[] {'S'}, cString(statement));
    }

    public static byte[] describePortal(String portal) {
        return message('D', new byte[] {'P'}, cString(portal));
    }

    /** At most {@code maxRows} rows; 0 for all. */
    public static byte[] execute(String portal, int maxRows) {
        return message('E', cString(portal), int32(maxRows));
    }

    public static byte[] execute() {
        return execute("", 0);
    }

    public static byte[] closeStatement(String statement) {
        return message('C', new byte[] {'S'}, cString(statement));
    }

    public static byte[] closePortal(String portal) {
        return message('C', new byte[] {'P'}, cString(portal));
    }

    public static byte[] sync() {
        return message('S');
    }

    public static byte[] flush() {
        return message('H');
    }

    public static byte[] copyData(String text) {
        return message('d', text.getBytes(StandardCharsets.UTF_8));
    }

    public static byte[] copyDone() {
        return message('c');
    }

    public static byte[] copyFail(String reason) {
        return message('f', cString(reason));
    }

    /** Text arguments, text result. */
    public static byte[] functionCall(int functionOid, String... arguments) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(int32(functionOid));
        body.writeBytes(int16(0));
        body.writeBytes(int16(arguments.length));
        for (String argument : arguments) {
            byte[] bytes = argument.getBytes(StandardCharsets.UTF_8);
            body.writeBytes(int32(bytes.length));
            body.writeBytes(bytes);
        }
        body.writeBytes(int16(0));
        return message('F', body.toByteArray());
    }

    public static byte[] terminate() {
        return message('X');
    }

    /** SASLInitialResponse, SASLResponse and PasswordMessage share their type. */
    public static byte[] password(byte[]... parts) {
        return message('p', parts);
    }

    /** A message of any type: the length is right. */
    public static byte[] message(char type, byte[]... parts) {
        byte[] body = concat(parts);
        return concat(new byte[] {(byte) type}, int32(body.length + 4), body);
    }

    public static byte[] cString(String text) {
        return concat(text.getBytes(StandardCharsets.UTF_8), new byte[1]);
    }

    public static byte[] int32(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    public static byte[] int16(int value) {
        return ByteBuffer.allocate(2).putShort((short) value).array();
    }

    public static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
