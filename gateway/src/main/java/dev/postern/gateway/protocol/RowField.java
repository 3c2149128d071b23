package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * One column of a RowDescription.
 *
 * @param name of the column
 * @param tableId object id of its table, or 0
 * @param columnNumber its attribute number there, or 0
 * @param typeId object id of its type
 * @param typeSize bytes (pg_type.typlen); negative for variable width
 * @param typeModifier pg_attribute.atttypmod
 * @param format of its values
 */
public record RowField(
        String name, int tableId, short columnNumber, int typeId, short typeSize, int typeModifier, Format format) {
    /** Bytes of a field with an empty name. */
    static final int MIN_BYTES = 19;

    /** Object id of the type text. */
    private static final int TEXT = 25;

    /** A column of text that comes from no table. */
    public static RowField text(String name) {
        return new RowField(name, 0, (short) 0, TEXT, (short) -1, -1, Format.TEXT);
    }

    static RowField decode(BodyReader reader) {
        return new RowField(
                reader.string(),
                reader.int32(),
                reader.int16(),
                reader.int32(),
                reader.int16(),
                reader.int32(),
                Format.of(reader.int16()));
    }

    void encode(ByteBuf out) {
        BodyWriter.string(out, name);
        out.writeInt(tableId);
        out.writeShort(columnNumber);
        out.writeInt(typeId);
        out.writeShort(typeSize);
        out.writeInt(typeModifier);
        out.writeShort(format.code());
    }
}
