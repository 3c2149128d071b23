package dev.postern.tls;

import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys that session tickets are sealed with (RFC 5077 4). They belong to the listener, not to a snapshot: a reload
 * of its files leaves them alone. The newest seals; the one before still opens. Whoever learns a key can read the TLS
 * 1.2 sessions that were resumed with it, so they change often and are written nowhere. A ticket is good for one to two
 * {@link #LIFETIME}s.
 *
 * @param keys newest first
 * @param since when the newest was made
 */
record TicketKeys(List<OpenSslSessionTicketKey> keys, Instant since) {
    /** How long a key seals. */
    static final Duration LIFETIME = Duration.ofHours(1);

    private static final int KEPT = 2;
    private static final SecureRandom RANDOM = new SecureRandom();

    static TicketKeys random(Instant now) {
        return new TicketKeys(List.of(newKey()), now);
    }

    boolean isOld(Instant now) {
        return !since.plus(LIFETIME).isAfter(now);
    }

    TicketKeys rotated(Instant now) {
        List<OpenSslSessionTicketKey> rotated = new ArrayList<>();
        rotated.add(newKey());
        rotated.addAll(keys);
        return new TicketKeys(List.copyOf(rotated.subList(0, Math.min(KEPT, rotated.size()))), now);
    }

    void applyTo(OpenSslSessionContext sessions) {
        sessions.setTicketKeys(keys.toArray(OpenSslSessionTicketKey[]::new));
    }

    private static OpenSslSessionTicketKey newKey() {
        return new OpenSslSessionTicketKey(
                bytes(OpenSslSessionTicketKey.NAME_SIZE),
                bytes(OpenSslSessionTicketKey.HMAC_KEY_SIZE),
                bytes(OpenSslSessionTicketKey.AES_KEY_SIZE));
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    @Override
    public String toString() {
        return "TicketKeys[hidden, since " + since + "]";
    }
}
