package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The bytes of a statement's name, without the terminator: PostgreSQL compares names in the server's encoding, as bytes. */
final class StatementName {
    private byte[] bytes;
    private int length;
    private int hash;

    private StatementName(byte[] bytes) {
        this.bytes = bytes;
        this.length = bytes.length;
        this.hash = hash(bytes, length);
    }

    static StatementName of(ByteBuf buffer, int start, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(start, bytes);
        return new StatementName(bytes);
    }

    /** An empty name to look others up with, see {@link #read}. */
    static StatementName probe() {
        return new StatementName(new byte[64]);
    }

    /** Makes this the name at that place; for probes alone, so that a look-up allocates nothing. */
    StatementName read(ByteBuf buffer, int start, int nameLength) {
        if (bytes.length < nameLength) {
            bytes = new byte[nameLength];
        }
        buffer.getBytes(start, bytes, 0, nameLength);
        length = nameLength;
        hash = hash(bytes, nameLength);
        return this;
    }

    private static int hash(byte[] bytes, int length) {
        int hash = 1;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + bytes[i];
        }
        return hash;
    }

    void write(ByteBuf out) {
        out.writeBytes(bytes, 0, length);
    }

    int length() {
        return length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StatementName that
                && hash == that.hash
                && Arrays.equals(bytes, 0, length, that.bytes, 0, that.length);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}
