package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * The server is ready to take CopyData.
 *
 * @param format of the whole COPY
 * @param columnFormats one for each column
 */
public record CopyInResponse(Format format, List<Format> columnFormats) implements BackendMessage {

    static CopyInResponse decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        CopyInResponse message = new CopyInResponse(Format.of(reader.int8()), reader.formats());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return BackendType.COPY_IN_RESPONSE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeByte(format.code());
        BodyWriter.formats(out, columnFormats);
    }
}
