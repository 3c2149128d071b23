package dev.postern.gateway.it.harness;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One message as it came from the wire.
 *
 * @param type the type byte
 * @param body what follows the length
 */
public record WireMessage(char type, byte[] body) {

    /** Fields of an ErrorResponse or NoticeResponse by their letter. */
    public Map<Character, String> fields() {
        Map<Character, String> fields = new LinkedHashMap<>();
        ByteBuffer in = ByteBuffer.wrap(body);
        for (byte field = in.get(); field != 0; field = in.get()) {
            fields.put((char) field, string(in));
        }
        return fields;
    }

    /** The SQLSTATE of an ErrorResponse or NoticeResponse. */
    public String sqlState() {
        return fields().getOrDefault('C', "none");
    }

    /** The columns of a DataRow as text, {@code null} written as such. */
    public List<String> columns() {
        ByteBuffer in = ByteBuffer.wrap(body);
        int count = in.getShort();
        List<String> columns = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int length = in.getInt();
            columns.add(length < 0 ? "null" : text(in, length));
        }
        return columns;
    }

    /**
     * The message in a form to compare: the type letter of the manual and what matters of the body. Values that differ
     * from one session to the next (keys, OIDs of tables) are left out.
     */
    @Override
    public String toString() {
        ByteBuffer in = ByteBuffer.wrap(body);
        return switch (type) {
            case 'R' -> "R(" + in.getInt() + ")";
            case 'S' -> "S(" + string(in) + "=" + string(in) + ")";
            case 'K' -> "K";
            case 'Z' -> "Z(" + (char) in.get() + ")";
            case 'C' -> "C(" + string(in) + ")";
            case 'D' -> "D(" + String.join(",", columns()) + ")";
            case 'T' -> "T(" + String.join(",", rowDescription(in)) + ")";
            case 't' -> "t(" + String.join(",", parameterTypes(in)) + ")";
            case 'E' -> "E(" + fields().get('V') + " " + sqlState() + ")";
            case 'N' -> "N(" + fields().get('V') + " " + sqlState() + ")";
            case 'd' -> "d(" + text(in, in.remaining()).strip() + ")";
            case 'G', 'H', 'W' -> type + "(" + in.get() + "," + in.getShort() + ")";
            case 'V' -> "V(" + functionResult(in) + ")";
            case 'A' -> "A(" + notification(in) + ")";
            case 'v' -> "v(" + negotiation(in) + ")";
            default -> body.length == 0 ? String.valueOf(type) : type + "(" + body.length + " bytes)";
        };
    }

    private static List<String> rowDescription(ByteBuffer in) {
        int count = in.getShort();
        List<String> columns = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String name = string(in);
            in.position(in.position() + 4 + 2);
            int typeOid = in.getInt();
            in.position(in.position() + 2 + 4);
            int format = in.getShort();
            columns.add(name + ":" + typeOid + (format == 0 ? "" : "b"));
        }
        return columns;
    }

    private static List<String> parameterTypes(ByteBuffer in) {
        int count = in.getShort();
        List<String> types = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            types.add(Integer.toString(in.getInt()));
        }
        return types;
    }

    private static String functionResult(ByteBuffer in) {
        int length = in.getInt();
        return length < 0 ? "null" : text(in, length);
    }

    private static String notification(ByteBuffer in) {
        in.getInt();
        return string(in) + "," + string(in);
    }

    private static String negotiation(ByteBuffer in) {
        int version = in.getInt();
        int count = in.getInt();
        List<String> options = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            options.add(string(in));
        }
        return (version >> 16) + "." + (version & 0xffff) + (options.isEmpty() ? "" : "," + String.join(",", options));
    }

    static String string(ByteBuffer in) {
        int start = in.position();
        while (in.get() != 0) {
            // The terminator ends it.
        }
        return new String(in.array(), in.arrayOffset() + start, in.position() - start - 1, StandardCharsets.UTF_8);
    }

    private static String text(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
