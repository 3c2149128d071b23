package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Finds the settings with a dot in their name that a text SETs or gives to {@code set_config}: PostgreSQL keeps no list of
 * those that applications make up. A name that comes as a parameter is not found, nor one with other than ASCII letters.
 */
final class SettingNames {
    private static final int MOST_LENGTH = 128;

    private SettingNames() {}

    /** Adds them in lower case, as long as there are not more than {@code most}. */
    static void find(ByteBuf in, int from, int to, Set<String> names, int most) {
        afterSet(in, from, to, names, most);
        for (int at = from; at < to; at++) {
            byte b = in.getByte(at);
            if (b == ';') {
                afterSet(in, at + 1, to, names, most);
            } else if (b == '_' && TextLook.isAround(in, at, from, to, "set", "config")) {
                argument(in, at + 1 + "config".length(), to, names, most);
            }
        }
    }

    /** {@code SET [SESSION | LOCAL] name}. */
    private static void afterSet(ByteBuf in, int from, int to, Set<String> names, int most) {
        int at = TextLook.behind(in, Blank.skip(in, from, to), to, "set");
        if (at < 0) {
            return;
        }
        int session = Math.max(TextLook.behind(in, at, to, "session"), TextLook.behind(in, at, to, "local"));
        name(in, Math.max(at, session), to, names, most);
    }

    /** {@code ('name'}. */
    private static void argument(ByteBuf in, int from, int to, Set<String> names, int most) {
        int at = Blank.skip(in, from, to);
        if (at < to && in.getByte(at) == '(') {
            at = Blank.skip(in, at + 1, to);
            if (at + 1 < to && (in.getByte(at) | 0x20) == 'e' && in.getByte(at + 1) == '\'') {
                at++;
            }
            if (at < to && in.getByte(at) == '\'') {
                name(in, at + 1, to, names, most);
            }
        }
    }

    private static void name(ByteBuf in, int from, int to, Set<String> names, int most) {
        int at = from;
        boolean dot = false;
        while (at < to && at - from < MOST_LENGTH && isPart(in.getByte(at))) {
            dot |= in.getByte(at++) == '.';
        }
        if (dot && at - from < MOST_LENGTH && names.size() < most) {
            names.add(SessionSettings.key(in.toString(from, at - from, StandardCharsets.US_ASCII)));
        }
    }

    private static boolean isPart(byte b) {
        return b == '.' || b > 0 && TextLook.isPartOfWord(b);
    }
}
