package dev.postern.auth.password;

import dev.postern.auth.Secret;
import java.util.Arrays;

/**
 * What logs in by SCRAM without the password: ClientKey and ServerKey under one salt and iteration count (RFC 5802 section
 * 3). As good as the password on every server that holds the identical verifier, so it lives in memory only and is wiped
 * with the last session that needs it. Safe for use by several threads, as long as the one that wipes is the last.
 */
public final class ScramKeys implements AutoCloseable {
    private final byte[] salt;
    private final int iterations;
    private final Secret clientKey;
    private final Secret serverKey;

    ScramKeys(byte[] salt, int iterations, Secret clientKey, Secret serverKey) {
        this.salt = salt.clone();
        this.iterations = iterations;
        this.clientKey = clientKey;
        this.serverKey = serverKey;
    }

    /**
     * From a password: PBKDF2, some milliseconds. Never on an event loop.
     *
     * @throws IllegalArgumentException when the password is empty: PostgreSQL refuses it too
     */
    public static ScramKeys derive(Secret password, byte[] salt, int iterations) {
        if (password.length() == 0) {
            throw new IllegalArgumentException("an empty password cannot be used with SCRAM");
        }
        byte[] prepared = PreparedPassword.of(password);
        byte[] salted = Sha256.stretch(prepared, salt, iterations);
        Arrays.fill(prepared, (byte) 0);
        Secret clientKey = Secret.ofBytes(Sha256.hmac(salted, ScramVerifier.CLIENT_KEY));
        Secret serverKey = Secret.ofBytes(Sha256.hmac(salted, ScramVerifier.SERVER_KEY));
        Arrays.fill(salted, (byte) 0);
        return new ScramKeys(salt, iterations, clientKey, serverKey);
    }

    /** The same keys, which are wiped apart from these. */
    public ScramKeys copy() {
        return new ScramKeys(salt, iterations, Secret.ofBytes(clientKey.copy()), Secret.ofBytes(serverKey.copy()));
    }

    /** Recognises these keys later without keeping them. */
    public Fingerprints.Fingerprint fingerprint(Fingerprints fingerprints) {
        return fingerprints.of(clientKey, salt);
    }

    /** Whether a server that names this salt and count holds the verifier these keys belong to. */
    public boolean fits(byte[] otherSalt, int otherIterations) {
        return iterations == otherIterations && Arrays.equals(salt, otherSalt);
    }

    /** ClientProof over the exchange's AuthMessage. */
    public byte[] proof(byte[] authMessage) {
        byte[] key = clientKey.copy();
        byte[] proof = Sha256.xor(key, Sha256.hmac(Sha256.hash(key), authMessage));
        Arrays.fill(key, (byte) 0);
        return proof;
    }

    /** The ServerSignature that proves the server knows the verifier. */
    public byte[] serverSignature(byte[] authMessage) {
        byte[] key = serverKey.copy();
        byte[] signature = Sha256.hmac(key, authMessage);
        Arrays.fill(key, (byte) 0);
        return signature;
    }

    /** The verifier a server would hold for these keys. */
    public ScramVerifier verifier() {
        byte[] key = clientKey.copy();
        byte[] storedKey = Sha256.hash(key);
        Arrays.fill(key, (byte) 0);
        return new ScramVerifier(iterations, salt, storedKey, serverKey.copy());
    }

    public int iterations() {
        return iterations;
    }

    /** Two sets of the same keys. */
    @Override
    public boolean equals(Object other) {
        return other instanceof ScramKeys that
                && fits(that.salt, that.iterations)
                && clientKey.equals(that.clientKey)
                && serverKey.equals(that.serverKey);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(salt) + iterations;
    }

    @Override
    public void close() {
        clientKey.wipe();
        serverKey.wipe();
    }

    @Override
    public String toString() {
        return "ScramKeys[hidden]";
    }
}
