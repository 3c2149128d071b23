package dev.postern.gateway.console;

import dev.postern.gateway.protocol.SqlStates;

/** A command that cannot be done; the operator reads why, and the session goes on. */
public final class ConsoleFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /** What PgBouncer sends when a RELOAD fails. */
    public static final String CONFIG_FILE_ERROR = "F0000";

    private final String sqlState;

    /** With the SQLSTATE that PgBouncer has for everything. */
    public ConsoleFailure(String message) {
        this(SqlStates.PROTOCOL_VIOLATION, message);
    }

    public ConsoleFailure(String sqlState, String message) {
        super(message);
        this.sqlState = sqlState;
    }

    String sqlState() {
        return sqlState;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
