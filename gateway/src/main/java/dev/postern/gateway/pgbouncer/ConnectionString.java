package dev.postern.gateway.pgbouncer;

import java.util.LinkedHashMap;
import java.util.Map;

/** PgBouncer's {@code key=value key='quoted value'}: a quote inside a quoted value is doubled. */
public final class ConnectionString {
    private final String text;
    private int at;

    private ConnectionString(String text) {
        this.text = text;
    }

    /**
     * The keys of a connection string, in its order.
     *
     * @throws IllegalArgumentException whose message says what is wrong
     */
    public static Map<String, String> parse(String text) {
        ConnectionString parser = new ConnectionString(text);
        Map<String, String> pairs = new LinkedHashMap<>();
        for (parser.skipSpace(); parser.at < text.length(); parser.skipSpace()) {
            String key = parser.key();
            String value = parser.value();
            if (value.isEmpty()) {
                throw new IllegalArgumentException(key + " has no value");
            }
            pairs.put(key, value);
        }
        return pairs;
    }

    private void skipSpace() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private String key() {
        int start = at;
        while (at < text.length() && text.charAt(at) != '=' && !Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        String key = text.substring(start, at);
        skipSpace();
        if (key.isEmpty() || at >= text.length() || text.charAt(at) != '=') {
            throw new IllegalArgumentException("expected key=value at character " + (start + 1));
        }
        at++;
        return key;
    }

    private String value() {
        skipSpace();
        if (at < text.length() && text.charAt(at) == '\'') {
            return quoted();
        }
        int start = at;
        while (at < text.length() && !Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return text.substring(start, at);
    }

    private String quoted() {
        StringBuilder value = new StringBuilder();
        for (at++; at < text.length(); at++) {
            if (text.charAt(at) != '\'') {
                value.append(text.charAt(at));
            } else if (at + 1 < text.length() && text.charAt(at + 1) == '\'') {
                value.append('\'');
                at++;
            } else {
                at++;
                return value.toString();
            }
        }
        throw new IllegalArgumentException("a quoted value does not end");
    }
}
