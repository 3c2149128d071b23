package dev.postern.gateway.protocol;

import dev.postern.auth.Secret;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.List;

/** Writes the fields of a message and refuses, before writing it, what its place on the wire cannot hold. */
final class BodyWriter {
    /** Int16 counts are unsigned on the wire (PostgreSQL takes up to 65,535 parameters). */
    private static final int MAX_COUNT16 = 0xFFFF;

    private BodyWriter() {}

    /** Writes the type and room for the length; gives the index to hand to {@link #end}. */
    static int begin(ByteBuf out, byte type) {
        int start = out.writerIndex();
        out.writeByte(type);
        out.writeInt(0);
        return start;
    }

    static void end(ByteBuf out, int start) {
        int length = out.writerIndex() - start - 1;
        if (length > MessageHeader.LARGE_MESSAGE_LIMIT) {
            throw new IllegalArgumentException(
                    "message of " + length + " bytes (expected: at most " + MessageHeader.LARGE_MESSAGE_LIMIT + ")");
        }
        out.setInt(start + 1, length);
    }

    static void string(ByteBuf out, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a string on the wire cannot hold a zero byte");
        }
        WireText.write(out, text);
        out.writeByte(0);
    }

    static void secret(ByteBuf out, Secret secret) {
        byte[] bytes = secret.copy();
        out.writeBytes(bytes);
        Arrays.fill(bytes, (byte) 0);
    }

    static void count16(ByteBuf out, int count) {
        if (count > MAX_COUNT16) {
            throw new IllegalArgumentException(count + " elements (expected: at most " + MAX_COUNT16 + ")");
        }
        out.writeShort(count);
    }

    /** Int32 length and bytes, or -1 for NULL. */
    static void value(ByteBuf out, Value value) {
        switch (value) {
            case Value.Null ignored -> out.writeInt(-1);
            case Value.Bytes(ByteBuf bytes) -> {
                out.writeInt(bytes.readableBytes());
                out.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
            }
        }
    }

    static void values(ByteBuf out, List<Value> values) {
        count16(out, values.size());
        for (Value value : values) {
            value(out, value);
        }
    }

    static void formats(ByteBuf out, List<Format> formats) {
        count16(out, formats.size());
        for (Format format : formats) {
            out.writeShort(format.code());
        }
    }

    static void objectIds(ByteBuf out, List<Integer> ids) {
        count16(out, ids.size());
        for (int id : ids) {
            out.writeInt(id);
        }
    }
}
