package dev.postern.auth.password;

import dev.postern.auth.Secret;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server keeps of a password: enough to check a client's proof, not to log in with. Written as PostgreSQL writes it
 * in {@code pg_authid.rolpassword}: {@code SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>}.
 *
 * @param iterations PBKDF2 rounds the client runs; PostgreSQL's default is {@link #DEFAULT_ITERATIONS}
 * @param salt 1 to {@link #MAX_SALT_BYTES} bytes
 * @param storedKey SHA-256 of the ClientKey, 32 bytes
 * @param serverKey signs the server's last message, 32 bytes
 */
public record ScramVerifier(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) {
    /** PostgreSQL's scram_iterations. */
    public static final int DEFAULT_ITERATIONS = 4096;
    /** More would let whoever names the count keep our cores busy: a million take about half a second. */
    public static final int MAX_ITERATIONS = 1_000_000;
    /** PostgreSQL's SCRAM_DEFAULT_SALT_LEN. */
    public static final int DEFAULT_SALT_BYTES = 16;
    /** PostgreSQL writes 16; longer ones would not fit the size we allow a SCRAM message. */
    public static final int MAX_SALT_BYTES = 256;

    static final byte[] CLIENT_KEY = {'C', 'l', 'i', 'e', 'n', 't', ' ', 'K', 'e', 'y'};
    static final byte[] SERVER_KEY = {'S', 'e', 'r', 'v', 'e', 'r', ' ', 'K', 'e', 'y'};
    private static final String PREFIX = "SCRAM-SHA-256$";
    private static final Pattern FORM =
            Pattern.compile("SCRAM-SHA-256\\$([0-9]{1,9}):([A-Za-z0-9+/=]+)\\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)");
    private static final SecureRandom RANDOM = new SecureRandom();

    public ScramVerifier {
        if (iterations < 1) {
            throw new IllegalArgumentException("iterations " + iterations + " (expected: at least 1)");
        }
        if (salt.length < 1 || salt.length > MAX_SALT_BYTES) {
            throw new IllegalArgumentException(
                    "a salt of " + salt.length + " bytes (expected: 1 to " + MAX_SALT_BYTES + ")");
        }
        if (storedKey.length != Sha256.BYTES || serverKey.length != Sha256.BYTES) {
            throw new IllegalArgumentException("StoredKey and ServerKey have 32 bytes each");
        }
        salt = salt.clone();
        storedKey = storedKey.clone();
        serverKey = serverKey.clone();
    }

    /** Whether the text is meant as a verifier rather than a password; it may still be malformed. */
    public static boolean looksLike(String text) {
        return text.startsWith(PREFIX);
    }

    /** Empty when the text is not exactly PostgreSQL's form. */
    public static Optional<ScramVerifier> parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            return Optional.empty();
        }
        try {
            Base64.Decoder base64 = Base64.getDecoder();
            return Optional.of(new ScramVerifier(
                    Integer.parseInt(form.group(1)),
                    base64.decode(form.group(2)),
                    base64.decode(form.group(3)),
                    base64.decode(form.group(4))));
        } catch (IllegalArgumentException notBase64OrOutOfRange) {
            return Optional.empty();
        }
    }

    /** With a fresh random salt: PBKDF2, some milliseconds. Never on an event loop. */
    public static ScramVerifier derive(Secret password, int iterations) {
        return derive(password, newSalt(), iterations);
    }

    public static byte[] newSalt() {
        byte[] salt = new byte[DEFAULT_SALT_BYTES];
        RANDOM.nextBytes(salt);
        return salt;
    }

    /** PBKDF2, some milliseconds. Never on an event loop. */
    public static ScramVerifier derive(Secret password, byte[] salt, int iterations) {
        try (ScramKeys keys = ScramKeys.derive(password, salt, iterations)) {
            return keys.verifier();
        }
    }

    /** PostgreSQL's form, ready for {@code ALTER ROLE ... PASSWORD}. */
    public String format() {
        Base64.Encoder base64 = Base64.getEncoder();
        return PREFIX + iterations + ":" + base64.encodeToString(salt) + "$" + base64.encodeToString(storedKey) + ":"
                + base64.encodeToString(serverKey);
    }

    /**
     * Checks a ClientProof. The keys are recovered from it (ClientKey = ClientProof XOR ClientSignature) and belong to the
     * caller, who wipes them. Costs one HMAC and one hash, whatever the outcome.
     */
    public Optional<ScramKeys> check(byte[] authMessage, byte[] proof) {
        if (proof.length != Sha256.BYTES) {
            return Optional.empty();
        }
        byte[] clientKey = Sha256.xor(proof, Sha256.hmac(storedKey, authMessage));
        if (!MessageDigest.isEqual(Sha256.hash(clientKey), storedKey)) {
            return Optional.empty();
        }
        return Optional.of(
                new ScramKeys(salt, iterations, Secret.ofBytes(clientKey), Secret.ofBytes(serverKey.clone())));
    }

    /** Whether the password is the one behind this verifier: PBKDF2, some milliseconds. Never on an event loop. */
    public boolean matches(Secret password) {
        return password.length() > 0 && derive(password, salt, iterations).equals(this);
    }

    public byte[] serverSignature(byte[] authMessage) {
        return Sha256.hmac(serverKey, authMessage);
    }

    @Override
    public byte[] salt() {
        return salt.clone();
    }

    @Override
    public byte[] storedKey() {
        return storedKey.clone();
    }

    @Override
    public byte[] serverKey() {
        return serverKey.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ScramVerifier that
                && iterations == that.iterations
                && Arrays.equals(salt, that.salt)
                && MessageDigest.isEqual(storedKey, that.storedKey)
                && MessageDigest.isEqual(serverKey, that.serverKey);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(salt) + iterations;
    }

    @Override
    public String toString() {
        return "ScramVerifier[hidden]";
    }
}
