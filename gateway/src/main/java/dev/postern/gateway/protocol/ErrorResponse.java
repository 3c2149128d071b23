package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * An error; after severity FATAL the connection closes.
 *
 * @param fields in their order; codes of {@link ErrorField}
 */
public record ErrorResponse(List<ErrorField> fields) implements BackendMessage {

    /** A session goes on after it. */
    public static ErrorResponse error(String sqlState, String message) {
        return new ErrorResponse(ErrorField.of("ERROR", sqlState, message));
    }

    /** The sender closes the connection after it. */
    public static ErrorResponse fatal(String sqlState, String message) {
        return new ErrorResponse(ErrorField.of("FATAL", sqlState, message));
    }

    public ErrorResponse withHint(String hint) {
        return with(ErrorField.HINT, hint);
    }

    public ErrorResponse withDetail(String detail) {
        return with(ErrorField.DETAIL, detail);
    }

    private ErrorResponse with(byte code, String value) {
        List<ErrorField> more = new ArrayList<>(fields);
        more.add(new ErrorField(code, value));
        return new ErrorResponse(Collections.unmodifiableList(more));
    }

    /** Empty where the server sent none, which happens with damaged or hostile servers (CVE-2026-6666). */
    public Optional<String> sqlState() {
        return field(ErrorField.SQLSTATE);
    }

    public String message() {
        return field(ErrorField.MESSAGE).orElse("");
    }

    /**
     * The SQLSTATE in an ErrorResponse's body, without decoding the rest and without moving the indexes. Empty where there is
     * no such field, or not one of five digits and capital letters, or the body is cut off; never throws.
     */
    public static Optional<String> sqlState(ByteBuf body) {
        int end = body.writerIndex();
        int at = body.readerIndex();
        while (at < end && body.getByte(at) != 0) {
            byte code = body.getByte(at);
            int terminator = body.indexOf(at + 1, end, (byte) 0);
            if (terminator < 0) {
                return Optional.empty();
            }
            if (code == ErrorField.SQLSTATE) {
                return SqlStates.read(body, at + 1, terminator);
            }
            at = terminator + 1;
        }
        return Optional.empty();
    }

    static ErrorResponse decode(ByteBuf body) {
        return new ErrorResponse(ErrorField.decode(body));
    }

    public Optional<String> field(byte code) {
        return ErrorField.find(fields, code);
    }

    @Override
    public byte type() {
        return BackendType.ERROR_RESPONSE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        ErrorField.encode(out, fields);
    }
}
