package dev.postern.gateway.frontend;

import dev.postern.gateway.relay.SessionSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Welcomes by startup settings (without application_name, which any server takes and which differs most): the first client
 * with certain settings borrows a server to learn whether it accepts them, those after it need none.
 */
final class Welcomes {
    /** A client may send any settings: the tables must not grow with them. */
    private static final int MOST = 256;

    private final Recent<Welcome> known = new Recent<>();
    private Map<String, String> lastSaid = Map.of();
    private final Recent<SessionSettings> inUse = new Recent<>();

    /** The most recently used entries. */
    private static final class Recent<V> extends LinkedHashMap<SessionSettings, V> {
        private static final long serialVersionUID = 1L;

        Recent() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<SessionSettings, V> eldest) {
            return size() > MOST;
        }
    }

    @Nullable
    Welcome get(SessionSettings settings) {
        return known.get(settings);
    }

    void put(SessionSettings settings, Welcome welcome) {
        known.put(settings, welcome);
    }

    /** One object for all equal settings, so that a link finds them the same by identity. */
    SessionSettings canonical(SessionSettings settings) {
        SessionSettings same = inUse.putIfAbsent(settings, settings);
        return same == null ? settings : same;
    }

    /** Another server may have taken the place of the one before: then no client is told of that any more. */
    void serverSaid(Map<String, String> parameters) {
        if (!parameters.equals(lastSaid)) {
            lastSaid = Map.copyOf(parameters);
            clear();
        }
    }

    void clear() {
        known.clear();
    }
}
