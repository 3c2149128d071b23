package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.DataRow;
import java.util.HashMap;
import java.util.Map;

/**
 * What a session has SET, asked of the server itself after a statement whose tag says that something was set: no SQL need be
 * parsed, and what a ROLLBACK has undone is not there. Settings that extensions or applications make up (with a dot in the
 * name) are not listed by PostgreSQL.
 */
final class LearnedSettings {
    private static final String TIMEOUT = "statement_timeout";
    private static final String DEFAULT_TIMEOUT = "default statement_timeout";

    /**
     * Values are read as {@code set_config} takes them. A role is a setting that pg_settings leaves out; those of a
     * transaction are there when one has SET them, and cannot be RESET. The client's own statement_timeout, which may be
     * shorter than this takes, is put off until it is known: it is the client's when it is not the server's default.
     */
    static final String QUERY = "SELECT '" + TIMEOUT + "', pg_catalog.current_setting('" + TIMEOUT + "');"
            + "SET LOCAL " + TIMEOUT + " TO 0;"
            + "SELECT name, setting FROM pg_catalog.pg_settings WHERE source = 'session' AND name NOT IN ('" + TIMEOUT
            + "', 'transaction_isolation', 'transaction_read_only', 'transaction_deferrable')"
            + " UNION ALL SELECT 'role', pg_catalog.current_setting('role')"
            + " WHERE pg_catalog.current_setting('role') <> 'none';"
            + "SET LOCAL " + TIMEOUT + " TO DEFAULT;"
            + "SELECT '" + DEFAULT_TIMEOUT + "', pg_catalog.current_setting('" + TIMEOUT + "')";

    private final Map<String, String> values = new HashMap<>();

    void add(DataRow row) {
        String name = row.columns().get(0).asText().orElseThrow();
        String value = row.columns().get(1).asText().orElse("");
        if (name.equals(DEFAULT_TIMEOUT)) {
            values.remove(TIMEOUT, value);
        } else {
            values.put(name, value);
        }
    }

    SessionSettings settings() {
        return SessionSettings.of(values);
    }
}
