package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;

/** What a text begins with: whether its first statement leaves something in the session for certain. Bits of {@link TextLook}. */
final class FirstWords {
    /** So many words of a DECLARE or CREATE are read. */
    private static final int MOST_WORDS = 200;

    private final ByteBuf in;
    private final int to;
    private int at;

    private FirstWords(ByteBuf in, int at, int to) {
        this.in = in;
        this.at = at;
        this.to = to;
    }

    static int of(ByteBuf in, int from, int to) {
        int at = Blank.skip(in, from, to);
        if (at == to) {
            return 0;
        }
        FirstWords words = new FirstWords(in, at, to);
        return switch (in.getByte(at) | 0x20) {
            case 'c' -> words.take("create") ? words.create() : 0;
            case 'd' -> words.take("declare") ? words.declare() : 0;
            case 'l' -> words.take("listen") ? TextLook.LISTEN : words.take("load") ? TextLook.LOAD : 0;
            case 'p' -> words.take("prepare") && !words.take("transaction") ? TextLook.PREPARE : 0;
            case 's' -> words.take("select") ? words.select() : words.take("set") ? TextLook.SETS : 0;
            case 'u' -> words.take("unlisten") ? TextLook.UNLISTENS : 0;
            default -> 0;
        };
    }

    /** Goes behind the word and the blanks after it, if it stands here. */
    private boolean take(String word) {
        int behind = TextLook.behind(in, at, to, word);
        at = Math.max(at, behind);
        return behind >= 0;
    }

    /** Goes to the next word; false when there is none. */
    private boolean skipWord() {
        int end = at;
        while (end < to && TextLook.isPartOfWord(in.getByte(end))) {
            end++;
        }
        while (end < to && in.getByte(end) != 0 && !TextLook.isPartOfWord(in.getByte(end))) {
            end++;
        }
        at = end;
        return at < to && in.getByte(at) != 0;
    }

    private int create() {
        if (!take("global")) {
            take("local");
        }
        if (!take("temp") && !take("temporary")) {
            return 0;
        }
        for (int i = 0; i < MOST_WORDS && skipWord(); i++) {
            if (TextLook.isWord(in, at, to, "drop")) {
                return 0;
            }
        }
        return at == to || in.getByte(at) == 0 ? TextLook.TEMPORARY : 0;
    }

    private int declare() {
        for (int i = 0; i < MOST_WORDS && skipWord(); i++) {
            if (take("with")) {
                return take("hold") ? TextLook.HOLD : 0;
            }
            if (TextLook.isWord(in, at, to, "for") || TextLook.isWord(in, at, to, "without")) {
                return 0;
            }
        }
        return 0;
    }

    private int select() {
        if (take("pg_catalog") && at < to && in.getByte(at) == '.') {
            at++;
        }
        return take("pg_advisory_lock")
                        || take("pg_try_advisory_lock")
                        || take("pg_advisory_lock_shared")
                        || take("pg_try_advisory_lock_shared")
                ? TextLook.LOCK
                : 0;
    }
}
