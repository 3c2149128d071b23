package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;

/**
 * What the text of a statement says about the session, found without parsing it: the first word of each statement, and a
 * few words that stand out by a byte that is rare in SQL. Eight bytes at a time, since every text is looked at. The answer
 * is a set of bits. What is only looked for behind a semicolon may stand in a literal: nothing that refuses a statement is
 * taken from there.
 */
final class TextLook {
    /** Names {@code set_config}: it changes settings, and no command tag tells of it. */
    static final int SET_CONFIG = 1;

    /** DISCARD or DEALLOCATE: what the server holds afterwards is known when it has answered. */
    static final int FORGETS = 1 << 1;

    private static final long EACH = 0x0101010101010101L;
    private static final long HIGH = EACH << 7;
    private static final long UNDERSCORES = EACH * '_';
    private static final long SEMICOLONS = EACH * ';';

    private TextLook() {}

    /** Looks at the bytes between the two places. */
    static int of(ByteBuf in, int from, int to) {
        int found = statement(in, from, to);
        int at = from;
        for (; at + 8 <= to; at += 8) {
            long word = in.getLong(at);
            if ((zero(word ^ UNDERSCORES) | zero(word ^ SEMICOLONS)) != 0) {
                found |= each(in, at, at + 8, from, to);
            }
        }
        return found | each(in, at, to, from, to);
    }

    /** Marks the bytes that are zero; those above one may be marked as well. */
    private static long zero(long word) {
        return (word - EACH) & ~word & HIGH;
    }

    private static int each(ByteBuf in, int first, int last, int from, int to) {
        int found = 0;
        for (int at = first; at < last; at++) {
            byte b = in.getByte(at);
            if (b == '_') {
                if (isAround(in, at, from, to, "set", "config")) {
                    found |= SET_CONFIG;
                }
            } else if (b == ';') {
                found |= statement(in, at + 1, to);
            }
        }
        return found;
    }

    /** What the first word says. */
    private static int statement(ByteBuf in, int from, int to) {
        int at = Blank.skip(in, from, to);
        if (at == to) {
            return 0;
        }
        return switch (in.getByte(at) | 0x20) {
            case 'd' -> isWord(in, at, to, "discard") || isWord(in, at, to, "deallocate") ? FORGETS : 0;
            default -> 0;
        };
    }

    /** Whether the word stands here, in whatever case, and ends here. */
    private static boolean isWord(ByteBuf in, int at, int to, String word) {
        int end = at + word.length();
        return end <= to && is(in, at, word) && (end == to || !isPartOfWord(in.getByte(end)));
    }

    private static boolean isAround(ByteBuf in, int at, int from, int to, String before, String after) {
        return at - from >= before.length()
                && to - at > after.length()
                && is(in, at + 1, after)
                && is(in, at - before.length(), before);
    }

    private static boolean is(ByteBuf in, int at, String word) {
        for (int i = 0; i < word.length(); i++) {
            if ((in.getByte(at + i) | 0x20) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static boolean isPartOfWord(byte b) {
        return (b | 0x20) >= 'a' && (b | 0x20) <= 'z' || b >= '0' && b <= '9' || b == '_' || b == '$' || b < 0;
    }
}
