package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** Reads the text {@code DEALLOCATE [PREPARE] name}, if a text is that and nothing more. */
final class Deallocate {
    private Deallocate() {}

    /** The name, or null if the text is another one; a zero byte ends it. */
    static @Nullable StatementName name(ByteBuf in, int from, int to) {
        int end = in.indexOf(from, to, (byte) 0);
        int last = end < 0 ? to : end;
        int at = TextLook.behind(in, Blank.skip(in, from, last), last, "deallocate");
        if (at < 0) {
            return null;
        }
        int prepare = TextLook.behind(in, at, last, "prepare");
        if (prepare >= 0 && prepare < last && in.getByte(prepare) != ';') {
            at = prepare;
        }
        if (at == last || TextLook.isWord(in, at, last, "all")) {
            return null;
        }
        ByteBuf name = Unpooled.buffer(Identifier.MOST_LENGTH + 1);
        int behind = Identifier.read(in, at, last, name);
        return behind > 0 && isEnd(in, behind, last) ? StatementName.of(name, 0, name.readableBytes()) : null;
    }

    private static boolean isEnd(ByteBuf in, int from, int to) {
        int at = Blank.skip(in, from, to);
        while (at < to && in.getByte(at) == ';') {
            at = Blank.skip(in, at + 1, to);
        }
        return at == to;
    }
}
