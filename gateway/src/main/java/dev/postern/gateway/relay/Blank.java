package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;

/** White space and comments of SQL, which may stand before a statement's first word. */
final class Blank {
    private Blank() {}

    /** Where the first byte stands that is neither, or {@code to}. */
    static int skip(ByteBuf in, int from, int to) {
        int at = from;
        while (at < to) {
            byte b = in.getByte(at);
            if (isSpace(b)) {
                at++;
            } else if (b == '-' && at + 1 < to && in.getByte(at + 1) == '-') {
                at = behindLine(in, at, to);
            } else if (b == '/' && at + 1 < to && in.getByte(at + 1) == '*') {
                at = behindComment(in, at + 2, to);
            } else {
                return at;
            }
        }
        return to;
    }

    private static int behindLine(ByteBuf in, int from, int to) {
        int at = from;
        while (at < to && in.getByte(at) != '\n' && in.getByte(at) != '\r') {
            at++;
        }
        return Math.min(at + 1, to);
    }

    /** Comments nest. */
    private static int behindComment(ByteBuf in, int from, int to) {
        int depth = 1;
        int at = from;
        while (at + 1 < to) {
            byte b = in.getByte(at);
            byte next = in.getByte(at + 1);
            if (b == '*' && next == '/') {
                at += 2;
                if (--depth == 0) {
                    return at;
                }
            } else if (b == '/' && next == '*') {
                depth++;
                at += 2;
            } else {
                at++;
            }
        }
        return to;
    }

    static boolean isSpace(byte b) {
        return b == ' ' || b >= '\t' && b <= '\r';
    }
}
