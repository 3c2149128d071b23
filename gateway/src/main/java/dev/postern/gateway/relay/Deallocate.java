package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** Reads the text {@code DEALLOCATE [PREPARE] name}, if a text is that and nothing more. */
final class Deallocate {
    /** PostgreSQL cuts longer identifiers of SQL (NAMEDATALEN). */
    private static final int MOST_NAME_LENGTH = 63;

    private Deallocate() {}

    /** The name, or null if the text is another one; a zero byte ends it. */
    static @Nullable StatementName name(ByteBuf in, int from, int to) {
        int end = in.indexOf(from, to, (byte) 0);
        int last = end < 0 ? to : end;
        int at = behind("deallocate", in, Blank.skip(in, from, last), last);
        if (at < 0) {
            return null;
        }
        int prepare = behind("prepare", in, at, last);
        if (prepare >= 0 && prepare < last && in.getByte(prepare) != ';') {
            at = prepare;
        }
        if (at == last || TextLook.isWord(in, at, last, "all")) {
            return null;
        }
        ByteBuf name = Unpooled.buffer(MOST_NAME_LENGTH + 1);
        int behind = in.getByte(at) == '"' ? quoted(in, at + 1, last, name) : plain(in, at, last, name);
        return behind > 0 && isEnd(in, behind, last) ? StatementName.of(name, 0, name.readableBytes()) : null;
    }

    private static int behind(String word, ByteBuf in, int at, int to) {
        return TextLook.isWord(in, at, to, word) ? Blank.skip(in, at + word.length(), to) : -1;
    }

    /** Where it ends, or -1. */
    private static int quoted(ByteBuf in, int from, int to, ByteBuf name) {
        for (int at = from; at < to && name.readableBytes() <= MOST_NAME_LENGTH; at++) {
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
        while (at < to && TextLook.isPartOfWord(in.getByte(at)) && name.readableBytes() <= MOST_NAME_LENGTH) {
            byte b = in.getByte(at++);
            name.writeByte(b >= 'A' && b <= 'Z' ? b | 0x20 : b);
        }
        return name.isReadable() && name.readableBytes() <= MOST_NAME_LENGTH ? at : -1;
    }

    private static boolean isEnd(ByteBuf in, int from, int to) {
        int at = Blank.skip(in, from, to);
        while (at < to && in.getByte(at) == ';') {
            at = Blank.skip(in, at + 1, to);
        }
        return at == to;
    }
}
