package dev.postern.gateway.frontend;

import dev.postern.auth.Secret;
import dev.postern.gateway.protocol.BackendKeyData;
import dev.postern.gateway.protocol.CancelRequest;
import dev.postern.gateway.protocol.ProtocolVersion;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The cancel keys of all sessions. Process ids are random, so that they tell nothing of how many clients there are;
 * secrets are compared in constant time. Safe for use by all event loops.
 */
public final class CancelKeys {
    /** Bytes of the secret for protocol 3.2, as PostgreSQL 18 sends. */
    private static final int LONG_KEY = 32;

    private static final int SHORT_KEY = 4;

    private final SecureRandom random = new SecureRandom();
    private final ConcurrentHashMap<Integer, Entry> sessions = new ConcurrentHashMap<>();

    private record Entry(Secret key, Cancelable session) {}

    BackendKeyData register(Cancelable session, ProtocolVersion version) {
        byte[] key = new byte[version.isNewerThan(ProtocolVersion.V3_0) ? LONG_KEY : SHORT_KEY];
        random.nextBytes(key);
        Entry entry = new Entry(Secret.ofBytes(key), session);
        int processId;
        do {
            processId = random.nextInt(1, Integer.MAX_VALUE);
        } while (sessions.putIfAbsent(processId, entry) != null);
        return new BackendKeyData(processId, entry.key());
    }

    void forget(int processId) {
        sessions.remove(processId);
    }

    Optional<Cancelable> find(CancelRequest request) {
        Entry entry = sessions.get(request.processId());
        return entry != null && entry.key().equals(request.secretKey())
                ? Optional.of(entry.session())
                : Optional.empty();
    }
}
