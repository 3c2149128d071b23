package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A field of an ErrorResponse or NoticeResponse (the manual's section "Error and Notice Message Fields").
 *
 * @param code which field; codes that are not known are kept
 * @param value its text
 */
public record ErrorField(byte code, String value) {
    public static final byte SEVERITY = 'S';
    /** The severity, never translated. */
    public static final byte SEVERITY_NONLOCALIZED = 'V';

    public static final byte SQLSTATE = 'C';
    public static final byte MESSAGE = 'M';
    public static final byte DETAIL = 'D';
    public static final byte HINT = 'H';

    /** More than there are codes means that the peer sends to fill our memory. */
    private static final int MAX_FIELDS = 255;

    /** Fields until the terminator, in their order. */
    static List<ErrorField> decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        List<ErrorField> fields = new ArrayList<>();
        for (byte code = reader.int8(); code != 0; code = reader.int8()) {
            if (fields.size() == MAX_FIELDS) {
                throw new ProtocolViolation("too many fields in error or notice message");
            }
            fields.add(new ErrorField(code, reader.string()));
        }
        reader.end();
        return Collections.unmodifiableList(fields);
    }

    static void encode(ByteBuf out, List<ErrorField> fields) {
        for (ErrorField field : fields) {
            out.writeByte(field.code);
            BodyWriter.string(out, field.value);
        }
        out.writeByte(0);
    }

    static List<ErrorField> of(String severity, String sqlState, String message) {
        return List.of(
                new ErrorField(SEVERITY, severity),
                new ErrorField(SEVERITY_NONLOCALIZED, severity),
                new ErrorField(SQLSTATE, sqlState),
                new ErrorField(MESSAGE, message));
    }

    /** The first field of the code; empty where there is none. */
    static Optional<String> find(List<ErrorField> fields, byte code) {
        for (ErrorField field : fields) {
            if (field.code == code) {
                return Optional.of(field.value);
            }
        }
        return Optional.empty();
    }
}
