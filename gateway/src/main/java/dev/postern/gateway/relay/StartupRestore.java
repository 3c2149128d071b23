package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.ParameterStatus;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts the settings of a client's startup packet back where RESET or DISCARD ALL has taken them away. On a connection of
 * its own they would be what a RESET goes back to (guc.c, {@code reset_val}); on a server connection that was opened
 * without them RESET goes back to the server's. Runs as soon as the server is ready, within a transaction too: what undoes
 * the RESET undoes this. One for each link.
 */
final class StartupRestore {
    private static final String SESSION = "SELECT pg_catalog.lower(name) FROM pg_catalog.pg_settings";

    /**
     * Those that a SET has given another value since are left alone. PostgreSQL lists neither the role nor settings that
     * applications make up, which are empty after their RESET.
     */
    private static final String WHERE_RESET = ") AS startup (name, value) WHERE name NOT IN (" + SESSION
            + " WHERE source OPERATOR(pg_catalog.=) 'session')"
            + " AND (pg_catalog.strpos(name, '.') OPERATOR(pg_catalog.=) 0"
            + " OR coalesce(pg_catalog.current_setting(name, true), '') OPERATOR(pg_catalog.=) ''"
            + " OR name IN (" + SESSION + "))"
            + " AND (name OPERATOR(pg_catalog.<>) 'role'"
            + " OR pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none')";

    private final Link link;
    private final ClientEnd client;
    private boolean wanted;
    private boolean running;
    /** These and no others have been RESET, by one statement with nothing behind it; null: not known. */
    private @Nullable Set<String> exactly;
    /** It has run in the transaction that is open, behind more than a RESET. */
    private boolean inTransaction;

    /** The server has none of the client's settings. */
    private boolean discarded;

    /** What the server has reported of these settings since the RESET, under its own names for them: the client hears it when they are back. */
    private @Nullable Map<String, String> reported;

    StartupRestore(Link link) {
        this.link = link;
        this.client = link.client();
    }

    void sawReset() {
        wanted = !client.startupSettings().isEmpty();
        exactly = null;
    }

    void sawDiscard() {
        if (!wanted) {
            wants(client.startupSettings().values().keySet());
        }
        discarded = wanted;
    }

    /** A RESET, perhaps, of which it is known what it takes away. */
    void ran(SettingStatement statement) {
        if (wanted) {
            return; // with all that was asked for
        }
        Set<String> startup = client.startupSettings().values().keySet();
        switch (statement) {
            case SettingStatement.Passing passing -> {}
            case SettingStatement.Sets sets -> {}
            case SettingStatement.Resets resets -> {
                if (startup.contains(resets.name())) {
                    wants(Set.of(resets.name()));
                }
            }
            case SettingStatement.ResetsAll all -> {
                Set<String> reset = new HashSet<>(startup);
                SettingsChange.LAST.forEach(reset::remove); // RESET ALL leaves alone who the session is
                wants(reset);
            }
        }
    }

    private void wants(Set<String> names) {
        wanted = !names.isEmpty();
        exactly = names;
    }

    /** One more has run or failed before the server was ready: perhaps what was RESET has another value again. */
    void sawStatement() {
        exactly = null;
    }

    /** Perhaps to a savepoint made behind the RESET, in the same query: then what this has put back is undone, and the RESET is not. */
    void sawRollback() {
        wanted |= inTransaction;
    }

    boolean isWanted() {
        return wanted;
    }

    boolean isRunning() {
        return running;
    }

    /** Whether the report of a setting must wait until it has its value back. */
    boolean withholds(String name, String value) {
        if (!wanted || client.startupSettings().get(name) == null) {
            return false;
        }
        keep(name, value);
        return true;
    }

    /** A report that comes while a query of the gateway's own runs. */
    void reportedMeanwhile(ParameterStatus status) {
        if (running) {
            keep(status.name(), status.value());
        }
    }

    private void keep(String name, String value) {
        if (reported == null) {
            reported = new LinkedHashMap<>();
        }
        reported.put(name, value);
    }

    /** The server is ready, and not in a failed transaction. */
    void run(boolean withinTransaction) {
        wanted = false;
        running = true;
        // What undoes a RESET undoes what has run right behind it as well: there can be no savepoint between the two.
        inTransaction = withinTransaction && (inTransaction || exactly == null);
        String sql =
                exactly == null ? whereReset(client.startupSettings()) : exactly(client.startupSettings(), exactly);
        exactly = null;
        link.internalQuery(sql, this::end);
    }

    private void end(Optional<ErrorResponse> error) {
        running = false;
        if (error.isPresent()) {
            client.settingsLost(error.get());
            return;
        }
        if (discarded) {
            discarded = false;
            link.server().settings(client.settings());
        }
        if (reported != null) {
            reported.forEach(link::tellOfSetting);
            reported = null;
        }
    }

    static String exactly(SessionSettings startup, Set<String> names) {
        Map<String, String> values = new HashMap<>();
        for (String name : names) {
            String value = startup.get(name);
            if (value != null) {
                values.put(name, value);
            }
        }
        return SettingsChange.between(SessionSettings.NONE, SessionSettings.of(values));
    }

    static String whereReset(SessionSettings startup) {
        StringBuilder sql = new StringBuilder("SELECT pg_catalog.set_config(name, value, false) FROM (VALUES ");
        String comma = "";
        for (Map.Entry<String, String> setting : startup.values().entrySet()) {
            sql.append(comma).append('(');
            SettingsChange.appendLiteral(sql, setting.getKey());
            sql.append(',');
            SettingsChange.appendLiteral(sql, setting.getValue());
            sql.append(')');
            comma = ",";
        }
        return sql.append(WHERE_RESET).toString();
    }
}
