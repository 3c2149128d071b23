package dev.postern.gateway.relay;

import java.util.List;
import java.util.Map;

/** The SQL that turns a server connection's settings into a client's, in one simple query. Pure. */
final class SettingsChange {
    static final String ROLE = "role";

    /** These in this order and behind all others: whoever has become somebody else may not SET what he could before. */
    static final List<String> LAST = List.of("session_authorization", ROLE);

    private SettingsChange() {}

    /** Resets what the server has and the client has not, then sets what differs. */
    static String between(SessionSettings server, SessionSettings client) {
        if (server.get(ROLE) != null) { // who may perhaps not SET the others
            return "RESET ROLE;" + between(server.without(ROLE), client);
        }
        StringBuilder sql = new StringBuilder(128);
        for (String name : server.values().keySet()) {
            if (client.get(name) == null) {
                if (!isAscii(name)) {
                    return fromUnknown(
                            client); // an identifier cannot be written in another encoding than the session's
                }
                sql.append("RESET ");
                appendIdentifier(sql, name);
                sql.append(';');
            }
        }
        for (Map.Entry<String, String> setting : client.values().entrySet()) {
            if (!LAST.contains(setting.getKey()) && !setting.getValue().equals(server.get(setting.getKey()))) {
                SetCommand.append(sql, setting.getKey(), setting.getValue());
            }
        }
        appendLast(sql, client, server);
        return sql.toString();
    }

    private static void appendLast(StringBuilder sql, SessionSettings client, SessionSettings server) {
        for (String name : LAST) {
            String value = client.get(name);
            if (value != null && !value.equals(server.get(name))) {
                SetCommand.append(sql, name, value);
            }
        }
    }

    /** From a server whose settings are not known. */
    static String fromUnknown(SessionSettings client) {
        StringBuilder sql = new StringBuilder("RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;");
        client.values().forEach((name, value) -> {
            if (!LAST.contains(name)) {
                SetCommand.append(sql, name, value);
            }
        });
        appendLast(sql, client, SessionSettings.NONE);
        return sql.toString();
    }

    private static boolean isAscii(String name) {
        return name.chars().allMatch(c -> c < 0x80);
    }

    static void appendIdentifier(StringBuilder sql, String name) {
        String[] parts = name.split("\\.", -1);
        for (int i = 0; i < parts.length; i++) {
            sql.append(i == 0 ? "\"" : ".\"")
                    .append(parts[i].replace("\"", "\"\""))
                    .append('"');
        }
    }

    /**
     * An escape string in plain ASCII: it means the same under every {@code standard_conforming_strings} and every
     * {@code client_encoding} that the connection may have at that moment.
     */
    static void appendLiteral(StringBuilder sql, String text) {
        sql.append("E'");
        text.codePoints().forEach(c -> {
            if (c == '\'' || c == '\\') {
                sql.append((char) c).append((char) c); // backslash_quote refuses \' under SJIS, GBK and others
            } else if (c >= 0x20 && c < 0x7f) {
                sql.append((char) c);
            } else if (c > 0xffff) {
                sql.append(String.format("\\U%08x", c));
            } else {
                sql.append(String.format("\\u%04x", c));
            }
        });
        sql.append('\'');
    }
}
