package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.DataRow;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What a session has SET and what it holds, asked of the server itself after a transaction that may have changed it: no SQL
 * need be parsed, and what a ROLLBACK has undone is not there. Settings that applications make up (with a dot in the name)
 * are not listed by PostgreSQL: they are asked for by name.
 */
final class LearnedSession {
    private static final String TIMEOUT = "statement_timeout";
    private static final String DEFAULT_TIMEOUT = "default statement_timeout";
    /** Before the name of a channel. */
    private static final String CHANNEL = "CHANNEL ";

    /**
     * Before the others. The client's own statement_timeout, which may be shorter than this takes, is put off until it is
     * known: it is the client's when it is not the server's default.
     */
    static final String BEGIN = "SELECT '" + TIMEOUT + "', pg_catalog.current_setting('" + TIMEOUT + "');"
            + "SET LOCAL " + TIMEOUT + " TO 0;";

    /** Behind the others. */
    static final String END = ";SET LOCAL " + TIMEOUT + " TO DEFAULT;" + "SELECT '" + DEFAULT_TIMEOUT
            + "', pg_catalog.current_setting('" + TIMEOUT + "')";

    /** Those of a transaction are there when one has SET them, and cannot be RESET. Values are read as {@code set_config} takes them. A role is a setting that pg_settings leaves out. */
    static final String SETTINGS =
            "SELECT name, setting FROM pg_catalog.pg_settings WHERE source OPERATOR(pg_catalog.=) 'session'"
                    + " AND name NOT IN ('" + TIMEOUT
                    + "', 'transaction_isolation', 'transaction_read_only', 'transaction_deferrable')"
                    + " UNION ALL SELECT 'role', pg_catalog.current_setting('role')"
                    + " WHERE pg_catalog.current_setting('role') OPERATOR(pg_catalog.<>) 'none'";

    /**
     * With what cannot be carried over, in rows without a name. Asked outside of a transaction: cursors without HOLD and
     * locks of a transaction are gone. Whatever is in a schema depends on it, and that is indexed.
     */
    static final String ALL = SETTINGS
            + there(
                    Remains.TEMPORARY,
                    "pg_catalog.pg_depend WHERE pg_catalog.pg_my_temp_schema() OPERATOR(pg_catalog.<>) 0"
                            + " AND refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass"
                            + " AND refobjid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()")
            + there(Remains.CURSOR, "pg_catalog.pg_cursors WHERE is_holdable")
            + there(Remains.STATEMENT, "pg_catalog.pg_prepared_statements WHERE from_sql")
            + there(
                    Remains.LOCK,
                    "pg_catalog.pg_locks WHERE locktype OPERATOR(pg_catalog.=) 'advisory'"
                            + " AND pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()")
            + " UNION ALL SELECT '', '" + CHANNEL + "' OPERATOR(pg_catalog.||) c"
            + " FROM pg_catalog.pg_listening_channels() AS listening (c)";

    private final Map<String, String> values = new HashMap<>();
    private final Set<String> channels = new HashSet<>();
    private final Set<Remains> remains = EnumSet.noneOf(Remains.class);

    /** Values up to this length are carried; a longer one is what remains. */
    private static final int MOST_VALUE_LENGTH = 8192;

    /** Who the session says it is, where that is not who logged in; pg_settings leaves it out as well. */
    static String authorization(String role) {
        StringBuilder sql = new StringBuilder(" UNION ALL SELECT 'session_authorization', session_user::pg_catalog.text"
                + " WHERE session_user::pg_catalog.text OPERATOR(pg_catalog.<>) ");
        SettingsChange.appendLiteral(sql, role);
        return sql.toString();
    }

    /** What such settings are now; without those that the session does not know. */
    static String custom(Set<String> names) {
        StringBuilder sql = new StringBuilder(" UNION ALL SELECT CASE WHEN long THEN '' ELSE name END,"
                + " CASE WHEN long THEN '" + Remains.SETTING + "' ELSE setting END"
                + " FROM (SELECT name, setting, pg_catalog.length(setting) OPERATOR(pg_catalog.>) " + MOST_VALUE_LENGTH
                + " FROM (SELECT name, pg_catalog.current_setting(name, true) FROM (VALUES ");
        String comma = "";
        for (String name : names) {
            sql.append(comma).append('(');
            SettingsChange.appendLiteral(sql, name);
            sql.append("::pg_catalog.text)");
            comma = ",";
        }
        return sql.append(") AS names (name)) AS custom (name, setting)) AS measured (name, setting, long)"
                        + " WHERE setting IS NOT NULL")
                .toString();
    }

    private static String there(Remains what, String from) {
        return " UNION ALL SELECT '', '" + what + "' WHERE EXISTS (SELECT FROM " + from + ")";
    }

    void add(DataRow row) {
        String name = row.columns().get(0).asText().orElseThrow();
        String value = row.columns().get(1).asText().orElse("");
        if (name.equals(DEFAULT_TIMEOUT)) {
            values.remove(TIMEOUT, value);
        } else if (value.startsWith(CHANNEL) && name.isEmpty()) {
            remains.add(Remains.CHANNEL);
            channels.add(value.substring(CHANNEL.length()));
        } else if (name.isEmpty()) {
            remains.add(Remains.valueOf(value));
        } else {
            values.put(name, value);
        }
    }

    SessionSettings settings() {
        return SessionSettings.of(values);
    }

    Set<String> channels() {
        return channels;
    }

    Set<Remains> remains() {
        return remains;
    }
}
