package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * A row of a result.
 *
 * @param columns in the order and formats of the RowDescription; views of the body after decode
 */
public record DataRow(List<Value> columns) implements BackendMessage {

    static DataRow decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        DataRow message = new DataRow(reader.values(reader.count16(Integer.BYTES)));
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return BackendType.DATA_ROW;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.values(out, columns);
    }

    /** A row of text columns. */
    public static DataRow ofText(List<String> columns) {
        return new DataRow(columns.stream().map(Value::text).toList());
    }
}
