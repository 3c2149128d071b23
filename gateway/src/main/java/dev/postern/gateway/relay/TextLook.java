package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;

/**
 * What the text of a statement says about the session, found without parsing it: the first words of each statement, and a
 * few words that stand out by bytes that are rare in SQL. Eight bytes at a time, since every text is looked at. The answer
 * is a set of bits. What is only looked for behind a semicolon may stand in a literal: nothing that refuses a statement is
 * taken from there.
 */
final class TextLook {
    /** Names {@code set_config}: it changes settings, and no command tag tells of it. */
    static final int SET_CONFIG = 1;

    /** DISCARD, DEALLOCATE or RESET: what the server's session has afterwards is known when it has answered. */
    static final int FORGETS = 1 << 1;

    /** Names a temporary object, or a session's advisory lock: something may stay in the session. */
    static final int MAY_STAY = 1 << 2;

    /** There is a second statement. */
    static final int MORE = 1 << 3;

    /** Is a LISTEN. */
    static final int LISTEN = 1 << 4;

    /** Is a PREPARE, not of a transaction. */
    static final int PREPARE = 1 << 5;

    /** Is a LOAD. */
    static final int LOAD = 1 << 6;

    /** Is a DECLARE of a cursor WITH HOLD. */
    static final int HOLD = 1 << 7;

    /** Is a call of {@code pg_advisory_lock} or one of its sisters. */
    static final int LOCK = 1 << 8;

    /** Is a CREATE TEMPORARY that does not say when to drop it. */
    static final int TEMPORARY = 1 << 9;

    /** Has a SET. */
    static final int SETS = 1 << 10;

    /** Has a SET, not a SET LOCAL, and the word DEFAULT: it may be a RESET. */
    static final int SETS_DEFAULT = 1 << 11;

    /** Has an UNLISTEN. */
    static final int UNLISTENS = 1 << 12;

    /** What lasts beyond its transaction, told from the first statement alone. */
    static final int STAYS = LISTEN | PREPARE | LOAD | HOLD | LOCK | TEMPORARY;

    private static final long EACH = 0x0101010101010101L;
    private static final long HIGH = EACH << 7;
    private static final long LOWER = EACH * 0x20;
    private static final long UNDERSCORES = EACH * '_';
    private static final long SEMICOLONS = EACH * ';';
    private static final long MS = EACH * 'm';
    private static final long PS = EACH * 'p';

    private TextLook() {}

    /** Looks at the bytes between the two places; a zero byte ends the text. */
    static int of(ByteBuf in, int from, int to) {
        int found = FirstWords.of(in, from, to) | forgets(in, from, to);
        int at = from;
        for (; at + 8 <= to; at += 8) {
            long word = in.getLong(at);
            if ((zero(word ^ UNDERSCORES) | zero(word ^ SEMICOLONS) | temp(word)) != 0) {
                found |= each(in, at, at + 8, from, to);
            }
        }
        found |= each(in, at, to, from, to);
        return (found & SETS) != 0 && has(in, from, to, "default") && !has(in, from, to, "local")
                ? found | SETS_DEFAULT | FORGETS
                : found;
    }

    /** Marks the bytes that are zero; those above one may be marked as well. */
    private static long zero(long word) {
        return (word - EACH) & ~word & HIGH;
    }

    /** Marks an m before a p, or at the end. */
    private static long temp(long word) {
        long m = zero((word | LOWER) ^ MS);
        return m & (zero((word | LOWER) ^ PS) << 8 | 0x80);
    }

    private static int each(ByteBuf in, int first, int last, int from, int to) {
        int found = 0;
        for (int at = first; at < last; at++) {
            byte b = in.getByte(at);
            if (b == '_') {
                if (isAround(in, at, from, to, "set", "config")) {
                    found |= SET_CONFIG;
                } else if (isAround(in, at, from, to, "advisory", "lock") || isAround(in, at, from, to, "pg", "temp")) {
                    found |= MAY_STAY;
                }
            } else if (b == ';') {
                found |= another(in, at + 1, to);
            } else if ((b | 0x20) == 'm' && isTemporary(in, at, from, to)) {
                found |= MAY_STAY;
            }
        }
        return found;
    }

    private static int another(ByteBuf in, int from, int to) {
        int at = Blank.skip(in, from, to);
        if (at == to || in.getByte(at) == 0) {
            return 0;
        }
        return MORE
                | forgets(in, at, to)
                | (isWord(in, at, to, "set") ? SETS : 0)
                | (isWord(in, at, to, "unlisten") ? UNLISTENS : 0);
    }

    private static boolean isTemporary(ByteBuf in, int m, int from, int to) {
        int start = m - 2;
        return start >= from
                && (start == from || !isPartOfWord(in.getByte(start - 1)))
                && (isWord(in, start, to, "temp") || isWord(in, start, to, "temporary"));
    }

    private static int forgets(ByteBuf in, int from, int to) {
        int at = Blank.skip(in, from, to);
        int first = at == to ? 0 : in.getByte(at) | 0x20;
        boolean found = switch (first) {
            case 'd' -> isWord(in, at, to, "discard") || isWord(in, at, to, "deallocate");
            case 'r' -> isWord(in, at, to, "reset");
            default -> false;
        };
        return found ? FORGETS : 0;
    }

    private static boolean has(ByteBuf in, int from, int to, String word) {
        for (int at = from + 1; at < to; at++) { // it is not the first one
            if (!isPartOfWord(in.getByte(at - 1)) && isWord(in, at, to, word)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the word stands here, in whatever case, and ends here. */
    static boolean isWord(ByteBuf in, int at, int to, String word) {
        int end = at + word.length();
        return end <= to && is(in, at, word) && (end == to || !isPartOfWord(in.getByte(end)));
    }

    /** Behind the word and the blanks after it, or -1 where another stands. */
    static int behind(ByteBuf in, int at, int to, String word) {
        return isWord(in, at, to, word) ? Blank.skip(in, at + word.length(), to) : -1;
    }

    static boolean isAround(ByteBuf in, int at, int from, int to, String before, String after) {
        return at - from >= before.length()
                && to - at > after.length()
                && is(in, at + 1, after)
                && is(in, at - before.length(), before);
    }

    private static boolean is(ByteBuf in, int at, String word) {
        for (int i = 0; i < word.length(); i++) {
            byte b = in.getByte(at + i);
            if (b != word.charAt(i) && (b | 0x20) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static boolean isPartOfWord(byte b) {
        return (b | 0x20) >= 'a' && (b | 0x20) <= 'z' || b >= '0' && b <= '9' || b == '_' || b == '$' || b < 0;
    }
}
