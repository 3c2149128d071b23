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
    /** A client may send any settings: the table must not grow with them. */
    private static final int MOST = 256;

    private final LinkedHashMap<SessionSettings, Welcome> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<SessionSettings, Welcome> eldest) {
            return size() > MOST;
        }
    };

    @Nullable
    Welcome get(SessionSettings settings) {
        return known.get(settings);
    }

    void put(SessionSettings settings, Welcome welcome) {
        known.put(settings, welcome);
    }

    void clear() {
        known.clear();
    }
}
