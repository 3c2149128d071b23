package dev.postern.gateway.relay;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The SETs and RESETs of the open transaction whose texts say all that they do: with its end the client has them, and no
 * server need be asked. One for each link.
 */
final class PlainSettings {
    /** So many in one transaction are remembered. */
    private static final int MOST = 100;

    private final ClientEnd client;
    private final ServerEnd server;
    private @Nullable List<SettingStatement> run;

    PlainSettings(ClientEnd client, ServerEnd server) {
        this.client = client;
        this.server = server;
    }

    boolean isEmpty() {
        return run == null;
    }

    /** The statement has run. False when the server must be asked what has become of it. */
    boolean ran(SettingStatement statement) {
        if (statement instanceof SettingStatement.Passing) {
            return true;
        }
        if (!isCertain(statement)) {
            return false;
        }
        if (run == null) {
            run = new ArrayList<>(2);
        }
        run.add(statement);
        return run.size() <= MOST;
    }

    private boolean isCertain(SettingStatement statement) {
        return switch (statement) {
            case SettingStatement.Passing passing -> true;
            case SettingStatement.Sets sets -> sets.values().keySet().stream().noneMatch(this::isCustomBeyondLimit);
            // Made up ones are empty afterwards, those of extensions are not.
            case SettingStatement.Resets resets -> !SessionSettings.isCustom(resets.name());
            case SettingStatement.ResetsAll all -> client.settings().customCount() == 0;
        };
    }

    private boolean isCustomBeyondLimit(String name) {
        return SessionSettings.isCustom(name)
                && client.settings().get(name) == null
                && client.settings().customCount() + (run == null ? 0 : run.size()) >= Inquiry.MOST_NAMES;
    }

    /** Forgets what has run, since the server will be asked; the names of what it has SET. */
    List<String> takeNames() {
        List<SettingStatement> forgotten = run;
        run = null;
        if (forgotten == null) {
            return List.of();
        }
        List<String> names = new ArrayList<>();
        for (SettingStatement statement : forgotten) {
            if (statement instanceof SettingStatement.Sets sets) {
                names.addAll(sets.values().keySet());
            }
        }
        return names;
    }

    /** Nothing has undone any of it. */
    void transactionEnds() {
        List<SettingStatement> lasting = run;
        if (lasting == null) {
            return;
        }
        run = null;
        SessionSettings clients = client.settings();
        SessionSettings servers = server.settings();
        for (SettingStatement statement : lasting) {
            clients = after(statement, clients);
            servers = after(statement, servers);
        }
        if (clients != client.settings()) {
            client.settings(clients);
        }
        if (!server.areSettingsUnknown()) {
            server.settings(servers.equals(client.settings()) ? client.settings() : servers);
        }
    }

    private SessionSettings after(SettingStatement statement, SessionSettings before) {
        return switch (statement) {
            case SettingStatement.Passing passing -> before;
            case SettingStatement.Sets sets -> afterSet(sets, before);
            case SettingStatement.Resets resets -> afterReset(resets.name(), before);
            case SettingStatement.ResetsAll all -> afterResetAll(before);
        };
    }

    private SessionSettings afterSet(SettingStatement.Sets sets, SessionSettings before) {
        SessionSettings after = before;
        for (var setting : sets.values().entrySet()) {
            if (!isReported(setting.getKey())) {
                after = after.with(setting.getKey(), setting.getValue());
            }
        }
        return after;
    }

    private SessionSettings afterReset(String name, SessionSettings before) {
        if (isReported(name)) {
            return before;
        }
        String startup = client.startupSettings().get(name);
        return startup == null ? before.without(name) : before.with(name, startup);
    }

    private SessionSettings afterResetAll(SessionSettings before) {
        SessionSettings startup = client.startupSettings();
        Set<String> names = new HashSet<>(startup.values().keySet());
        names.addAll(before.values().keySet());
        SessionSettings after = startup;
        for (String name : names) {
            if (SettingsChange.LAST.contains(name) || isReported(name)) {
                String value = before.get(name);
                after = value == null ? after.without(name) : after.with(name, value);
            }
        }
        return after;
    }

    /** The server says what it is, as it writes it: perhaps what a later statement has made it. */
    private boolean isReported(String name) {
        return SessionSettings.isAlwaysReported(name) || server.initially(name) != null;
    }
}
