package dev.postern.auth.password;

import dev.postern.auth.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Verifiers for users that do not exist, so that their login looks like one with a wrong password: the salt stays the same
 * for a user, as a real one does, and nobody without the gateway's key can tell it from a real one.
 *
 * <p>All replicas of a gateway need the same key and the same iteration count as the real verifiers.
 */
public final class FakeVerifiers {
    private final Secret key;
    private final int iterations;

    /** @param key random bytes that outlive a restart and are the same on all replicas; 32 are enough */
    public FakeVerifiers(Secret key, int iterations) {
        this.key = key;
        this.iterations = iterations;
    }

    /**
     * @param scope where the user's password is looked up (a route, or the name of an unknown database): two scopes give two
     *     salts, as two real verifiers would
     */
    public ScramVerifier of(String scope, String user) {
        byte[] bytes = key.copy();
        byte[] name = (scope + '\0' + user).getBytes(StandardCharsets.UTF_8);
        byte[] derived = Sha256.hmac(bytes, name);
        Arrays.fill(bytes, (byte) 0);
        byte[] salt = Arrays.copyOf(derived, ScramVerifier.DEFAULT_SALT_BYTES);
        // A proof against it is never honoured, so any value serves as the keys.
        return new ScramVerifier(iterations, salt, derived, derived);
    }
}
