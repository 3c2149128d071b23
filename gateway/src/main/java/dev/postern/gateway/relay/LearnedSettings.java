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
    /** Values are read as {@code set_config} takes them. A role is a setting that pg_settings leaves out. */
    static final String QUERY = "SELECT name, setting FROM pg_catalog.pg_settings WHERE source = 'session'"
            + " UNION ALL SELECT 'role', pg_catalog.current_setting('role')"
            + " WHERE pg_catalog.current_setting('role') <> 'none'";

    private final Map<String, String> values = new HashMap<>();

    void add(DataRow row) {
        String name = row.columns().get(0).asText().orElseThrow();
        row.columns().get(1).asText().ifPresent(value -> values.put(name, value));
    }

    SessionSettings settings() {
        return SessionSettings.of(values);
    }
}
