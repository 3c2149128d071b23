package dev.postern.gateway.console;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** PostgreSQL's types that the console's columns have. Values are kept as text. */
enum ColumnType {
    TEXT(25, -1),
    INT4(23, 4),
    INT8(20, 8),
    NUMERIC(1700, -1),
    BYTEA(17, -1);

    /** Digits of numeric's binary format are of base 10,000. */
    private static final BigInteger BASE = BigInteger.valueOf(10_000);

    private final int typeId;
    private final int size;

    ColumnType(int typeId, int size) {
        this.typeId = typeId;
        this.size = size;
    }

    int typeId() {
        return typeId;
    }

    short size() {
        return (short) size;
    }

    /** The value in PostgreSQL's binary format (the types' send functions). */
    ByteBuf binary(String value) {
        return switch (this) {
            case TEXT, BYTEA -> Unpooled.wrappedBuffer(value.getBytes(StandardCharsets.UTF_8));
            case INT4 -> Unpooled.copyInt(Integer.parseInt(value));
            case INT8 -> Unpooled.copyLong(Long.parseLong(value));
            case NUMERIC -> numeric(new BigInteger(value));
        };
    }

    private static ByteBuf numeric(BigInteger value) {
        List<Integer> digits = new ArrayList<>();
        for (BigInteger rest = value; rest.signum() > 0; rest = rest.divide(BASE)) {
            digits.add(rest.mod(BASE).intValue());
        }
        ByteBuf out = Unpooled.buffer();
        out.writeShort(digits.size());
        out.writeShort(Math.max(0, digits.size() - 1)); // weight of the first digit
        out.writeShort(0); // not negative
        out.writeShort(0); // no digits behind the point
        digits.reversed().forEach(out::writeShort);
        return out;
    }
}
