package dev.postern.gateway.pgbouncer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The section [users] as the object {@code users} of ours. */
final class IniUsers {
    private static final Map<String, String> NUMBERS = Map.of(
            "pool_size", "poolSize",
            "reserve_pool_size", "reservePoolSize",
            "max_user_connections", "maxUserConnections",
            "max_user_client_connections", "maxUserClientConnections");

    private static final Map<String, String> SECONDS = Map.of(
            "query_timeout", "queryTimeout",
            "query_wait_timeout", "queryWaitTimeout",
            "idle_transaction_timeout", "idleTransactionTimeout",
            "transaction_timeout", "transactionTimeout",
            "client_idle_timeout", "clientIdleTimeout");

    private final IniSettings settings;
    private final Map<String, String> users = new LinkedHashMap<>();

    IniUsers(IniSettings settings) {
        this.settings = settings;
    }

    void add(IniFile.Entry entry) {
        Map<String, String> given;
        try {
            given = ConnectionString.parse(entry.value());
        } catch (IllegalArgumentException e) {
            settings.note(entry, "[users] " + entry.key() + ": " + e.getMessage() + "; left out");
            return;
        }
        List<String> keys = new ArrayList<>();
        given.forEach((key, value) -> {
            try {
                keys.add(key(entry, key, value));
            } catch (IllegalArgumentException e) {
                settings.note(
                        entry,
                        "[users] " + entry.key() + ": " + key + " = " + value + ": " + e.getMessage() + "; left out");
            }
        });
        users.put(entry.key(), "{" + String.join(", ", keys) + "}");
    }

    private String key(IniFile.Entry entry, String key, String value) {
        if (NUMBERS.containsKey(key)) {
            boolean atLeastOne = key.equals("pool_size");
            if (!value.matches("[0-9]{1,6}") || atLeastOne && value.matches("0+")) {
                throw new IllegalArgumentException("expected a whole number" + (atLeastOne ? " from 1" : ""));
            }
            return NUMBERS.get(key) + ": " + value;
        }
        if (SECONDS.containsKey(key)) {
            return SECONDS.get(key) + ": " + PgBouncerKey.seconds(value);
        }
        if (!key.equals("pool_mode")) {
            throw new IllegalArgumentException("there is no such key");
        }
        if (value.equals("statement")) {
            settings.note(
                    entry,
                    "[users] " + entry.key() + ": pool_mode statement is not there; transaction is in force instead");
            return "poolMode: transaction";
        }
        if (!value.equals("session") && !value.equals("transaction")) {
            throw new IllegalArgumentException("expected session or transaction");
        }
        return "poolMode: " + value;
    }

    String yaml() {
        if (users.isEmpty()) {
            return "";
        }
        StringBuilder out = new StringBuilder("users:\n");
        users.forEach((name, keys) -> out.append("  ")
                .append(IniSettings.quoted(name))
                .append(": ")
                .append(keys)
                .append('\n'));
        return out.toString();
    }
}
