package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * CopyData flows both ways from here: streaming replication.
 *
 * @param format of the whole COPY
 * @param columnFormats one for each column
 */
public record CopyBothResponse(Format format, List<Format> columnFormats) implements BackendMessage {

    static CopyBothResponse decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        CopyBothResponse message = new CopyBothResponse(Format.of(reader.int8()), reader.formats());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return BackendType.COPY_BOTH_RESPONSE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeByte(format.code());
        BodyWriter.formats(out, columnFormats);
    }
}
