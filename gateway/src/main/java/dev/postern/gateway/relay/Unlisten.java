package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Finds the channels of the {@code UNLISTEN}s in a text. */
final class Unlisten {
    /** All channels. */
    static final String ALL = "*";

    private Unlisten() {}

    static void find(ByteBuf in, int from, int to, Set<String> channels) {
        statement(in, from, to, channels);
        for (int at = in.indexOf(from, to, (byte) ';'); at >= 0; at = in.indexOf(at + 1, to, (byte) ';')) {
            statement(in, at + 1, to, channels);
        }
    }

    private static void statement(ByteBuf in, int from, int to, Set<String> channels) {
        int at = TextLook.behind(in, Blank.skip(in, from, to), to, "unlisten");
        if (at < 0) {
            return;
        }
        ByteBuf name = Unpooled.buffer(Identifier.MOST_LENGTH + 1);
        if (at < to && in.getByte(at) == '*') {
            channels.add(ALL);
        } else if (Identifier.read(in, at, to, name) > 0) {
            channels.add(name.toString(StandardCharsets.UTF_8));
        }
    }
}
