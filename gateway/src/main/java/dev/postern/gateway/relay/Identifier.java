package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;

/** Reads one identifier of SQL: in quotes, or without and then in lower case. */
final class Identifier {
    /** PostgreSQL cuts longer ones (NAMEDATALEN). */
    static final int MOST_LENGTH = 63;

    private Identifier() {}

    /** Where it ends, or -1 if there is none, or one that PostgreSQL would cut; its bytes are added to {@code name}. */
    static int read(ByteBuf in, int at, int to, ByteBuf name) {
        if (at == to) {
            return -1;
        }
        return in.getByte(at) == '"' ? quoted(in, at + 1, to, name) : plain(in, at, to, name);
    }

    private static int quoted(ByteBuf in, int from, int to, ByteBuf name) {
        for (int at = from; at < to && name.readableBytes() <= MOST_LENGTH; at++) {
            byte b = in.getByte(at);
            if (b == '"') {
                if (at + 1 == to || in.getByte(at + 1) != '"') {
                    return name.isReadable() ? at + 1 : -1;
                }
                at++;
            }
            name.writeByte(b);
        }
        return -1;
    }

    private static int plain(ByteBuf in, int from, int to, ByteBuf name) {
        int at = from;
        while (at < to && TextLook.isPartOfWord(in.getByte(at)) && name.readableBytes() <= MOST_LENGTH) {
            byte b = in.getByte(at++);
            name.writeByte(b >= 'A' && b <= 'Z' ? b | 0x20 : b);
        }
        return name.isReadable() && name.readableBytes() <= MOST_LENGTH ? at : -1;
    }
}
