package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * CopyData from the server follows.
 *
 * @param format of the whole COPY
 * @param columnFormats one for each column
 */
public record CopyOutResponse(Format format, List<Format> columnFormats) implements BackendMessage {

    static CopyOutResponse decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        CopyOutResponse message = new CopyOutResponse(Format.of(reader.int8()), reader.formats());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return BackendType.COPY_OUT_RESPONSE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeByte(format.code());
        BodyWriter.formats(out, columnFormats);
    }
}
