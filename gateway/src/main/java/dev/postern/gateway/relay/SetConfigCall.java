package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;

/** Finds {@code set_config} in a statement's text: the one way to change a session that no command tag tells of. */
final class SetConfigCall {
    private static final byte[] BEFORE = {'s', 'e', 't'};
    private static final byte[] AFTER = {'c', 'o', 'n', 'f', 'i', 'g'};

    private SetConfigCall() {}

    /** Whether the word stands between the two places, in whatever case. */
    static boolean isIn(ByteBuf in, int from, int to) {
        int at = from;
        while (true) {
            int underscore = in.indexOf(at, to, (byte) '_');
            if (underscore < 0) {
                return false;
            }
            if (underscore - from >= BEFORE.length
                    && to - underscore > AFTER.length
                    && is(in, underscore - BEFORE.length, BEFORE)
                    && is(in, underscore + 1, AFTER)) {
                return true;
            }
            at = underscore + 1;
        }
    }

    private static boolean is(ByteBuf in, int at, byte[] word) {
        for (int i = 0; i < word.length; i++) {
            if ((in.getByte(at + i) | 0x20) != word[i]) {
                return false;
            }
        }
        return true;
    }
}
