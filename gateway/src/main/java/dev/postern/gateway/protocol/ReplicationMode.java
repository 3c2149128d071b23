package dev.postern.gateway.protocol;

import java.util.Locale;

/** What the startup parameter {@code replication} asks for. */
public enum ReplicationMode {
    /** An ordinary session. */
    NONE,
    /** Physical replication: a walsender that is connected to no database. */
    PHYSICAL,
    /** Logical replication: a walsender in a database, which takes SQL as well. */
    DATABASE;

    /** Reads the value as PostgreSQL does: {@code database}, or a boolean in any of its spellings. */
    static ReplicationMode of(String value) {
        if (value.equals("database")) {
            return DATABASE;
        }
        String bool = value.toLowerCase(Locale.ROOT);
        if (isPrefix(bool, "true", 1) || isPrefix(bool, "yes", 1) || isPrefix(bool, "on", 2) || bool.equals("1")) {
            return PHYSICAL;
        }
        if (isPrefix(bool, "false", 1) || isPrefix(bool, "no", 1) || isPrefix(bool, "off", 2) || bool.equals("0")) {
            return NONE;
        }
        String message = "invalid value for parameter \"replication\": \"" + value + "\"";
        throw new ProtocolViolation(new Refusal.InvalidStartupParameter(message), message);
    }

    private static boolean isPrefix(String value, String word, int least) {
        return value.length() >= least && word.startsWith(value);
    }
}
