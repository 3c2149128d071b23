package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The columns of the rows that follow.
 *
 * @param fields one for each column
 */
public record RowDescription(List<RowField> fields) implements BackendMessage {

    static RowDescription decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        int count = reader.count16(RowField.MIN_BYTES);
        List<RowField> fields = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            fields.add(RowField.decode(reader));
        }
        reader.end();
        return new RowDescription(Collections.unmodifiableList(fields));
    }

    @Override
    public byte type() {
        return BackendType.ROW_DESCRIPTION;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.count16(out, fields.size());
        for (RowField field : fields) {
            field.encode(out);
        }
    }
}
