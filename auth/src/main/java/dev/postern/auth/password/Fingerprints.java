package dev.postern.auth.password;

import dev.postern.auth.Secret;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Recognises a secret that was seen before without keeping it: HMAC under a random key that never leaves this object, so that
 * a fingerprint is worth nothing outside the process.
 */
public final class Fingerprints {
    private final Secret key;

    public Fingerprints() {
        byte[] random = new byte[Sha256.BYTES];
        new SecureRandom().nextBytes(random);
        key = Secret.ofBytes(random);
    }

    /** The secret together with what it was used with. */
    public Fingerprint of(Secret secret, byte[]... context) {
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        for (byte[] part : context) {
            input.writeBytes(
                    ByteBuffer.allocate(Integer.BYTES).putInt(part.length).array());
            input.writeBytes(part);
        }
        byte[] bytes = secret.copy();
        byte[] secretKey = key.copy();
        byte[] inner = Sha256.hmac(secretKey, bytes);
        input.writeBytes(inner);
        Fingerprint result = new Fingerprint(Sha256.hmac(secretKey, input.toByteArray()));
        Arrays.fill(bytes, (byte) 0);
        Arrays.fill(secretKey, (byte) 0);
        return result;
    }

    /** Equal when secret and context were. */
    public record Fingerprint(byte[] bytes) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Fingerprint that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            return "Fingerprint[hidden]";
        }
    }
}
