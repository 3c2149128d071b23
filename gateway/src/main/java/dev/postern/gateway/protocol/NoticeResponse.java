package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A notice, which may come at any time and ends nothing.
 *
 * @param fields in their order; codes of {@link ErrorField}
 */
public record NoticeResponse(List<ErrorField> fields) implements BackendMessage {

    public static NoticeResponse notice(String sqlState, String message) {
        return new NoticeResponse(ErrorField.of("NOTICE", sqlState, message));
    }

    public static NoticeResponse warning(String sqlState, String message) {
        return new NoticeResponse(ErrorField.of("WARNING", sqlState, message));
    }

    public NoticeResponse withHint(String hint) {
        List<ErrorField> more = new ArrayList<>(fields);
        more.add(new ErrorField(ErrorField.HINT, hint));
        return new NoticeResponse(Collections.unmodifiableList(more));
    }

    static NoticeResponse decode(ByteBuf body) {
        return new NoticeResponse(ErrorField.decode(body));
    }

    public Optional<String> field(byte code) {
        return ErrorField.find(fields, code);
    }

    @Override
    public byte type() {
        return BackendType.NOTICE_RESPONSE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        ErrorField.encode(out, fields);
    }
}
