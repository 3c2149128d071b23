package dev.postern.gateway.frontend;

import java.util.Locale;

/** Names of channels, and the encodings in which they can be told apart. */
final class Channels {
    private static final String UTF8 = "UTF8";

    private Channels() {}

    /** As an identifier of SQL, in ASCII alone, whatever the encoding. */
    static String quoted(String channel) {
        StringBuilder sql = new StringBuilder("U&\"");
        channel.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                sql.append((char) c).append((char) c);
            } else if (c >= 0x20 && c < 0x7f) {
                sql.append((char) c);
            } else {
                sql.append(String.format(Locale.ROOT, "\\+%06x", c));
            }
        });
        return sql.append('"').toString();
    }

    static boolean sameEncoding(String one, String other) {
        return plain(one).equals(plain(other));
    }

    /** Whether a name that was read as UTF-8 is what it says: outside of ASCII other encodings have other bytes. */
    static boolean isCertain(String channel, String encoding) {
        return plain(encoding).equals(UTF8) || channel.chars().allMatch(c -> c > 0 && c < 0x80);
    }

    private static String plain(String encoding) {
        String name = encoding.replaceAll("[^A-Za-z0-9]", "").toUpperCase(Locale.ROOT);
        return name.equals("UNICODE") ? UTF8 : name;
    }
}
