package dev.postern.gateway.relay;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Messages as bytes and as text: a type, a colon, and the body with {@code .} for each zero byte. */
final class Frames {
    private Frames() {}

    /** In a text: a dot that is one. */
    static final char DOT = '\uffff';

    /** One message; each {@code .} in the text is a zero byte. */
    static byte[] frame(char type, String body) {
        byte[] bytes = body.replace('.', '\0').replace(DOT, '.').getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(5 + bytes.length)
                .put((byte) type)
                .putInt(4 + bytes.length)
                .put(bytes)
                .array();
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** What is not a whole message comes last, as it is. */
    static List<String> read(byte[] bytes) {
        List<String> frames = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        while (in.remaining() >= 5 && in.remaining() > in.getInt(in.position() + 1)) {
            char type = (char) in.get();
            byte[] body = new byte[in.getInt() - 4];
            in.get(body);
            frames.add(type + ":" + text(body));
        }
        if (in.hasRemaining()) {
            byte[] rest = new byte[in.remaining()];
            in.get(rest);
            frames.add("part " + text(rest));
        }
        return frames;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1).replace('\0', '.');
    }

    // ---- client

    static byte[] query(String sql) {
        return frame('Q', sql + ".");
    }

    static byte[] parse(String name, String sql) {
        return frame('P', name + "." + sql + "...");
    }

    static byte[] bind(String statement) {
        return frame('B', "." + statement + ".......");
    }

    static byte[] describe(String statement) {
        return frame('D', "S" + statement + ".");
    }

    static byte[] execute() {
        return frame('E', ".....");
    }

    static byte[] close(String statement) {
        return frame('C', "S" + statement + ".");
    }

    static byte[] sync() {
        return frame('S', "");
    }

    static byte[] copyData(String data) {
        return frame('d', data);
    }

    static byte[] copyDone() {
        return frame('c', "");
    }

    // ---- server

    static byte[] parseComplete() {
        return frame('1', "");
    }

    static byte[] bindComplete() {
        return frame('2', "");
    }

    static byte[] closeComplete() {
        return frame('3', "");
    }

    static byte[] rowDescription() {
        return frame('T', ".\1column................");
    }

    static byte[] row(String value) {
        return frame('D', ".\1..." + (char) value.length() + value);
    }

    static byte[] complete(String tag) {
        return frame('C', tag + ".");
    }

    static byte[] ready(char status) {
        return frame('Z', String.valueOf(status));
    }

    static byte[] error(String sqlState) {
        return frame('E', "SERROR.VERROR.C" + sqlState + ".Mno..");
    }

    static byte[] copyInResponse() {
        return frame('G', "...");
    }

    static byte[] parameterStatus(String name, String value) {
        return frame('S', name + "." + value + ".");
    }
}
