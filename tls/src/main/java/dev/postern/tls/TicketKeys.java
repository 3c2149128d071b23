package dev.postern.tls;

import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys that session tickets are sealed with (RFC 5077 4). They belong to the listener, not to a snapshot: a reload
 * of its files leaves them alone. The newest seals; the one before still opens. Whoever learns a key can read the
 * resumed TLS 1.2 sessions sealed with it, so they change, and are never written anywhere.
 *
 * @param keys newest first
 */
record TicketKeys(List<OpenSslSessionTicketKey> keys) {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int KEPT = 2;

    static TicketKeys random() {
        return new TicketKeys(List.of(newKey()));
    }

    TicketKeys rotated() {
        List<OpenSslSessionTicketKey> rotated = new ArrayList<>();
        rotated.add(newKey());
        rotated.addAll(keys);
        return new TicketKeys(List.copyOf(rotated.subList(0, Math.min(KEPT, rotated.size()))));
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
        return "TicketKeys[hidden]";
    }
}
