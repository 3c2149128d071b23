package dev.postern.auth.password;

import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** SHA-256 and HMAC-SHA-256. The JDK's engines are kept for each thread: looking one up costs more than using it. */
final class Sha256 {
    static final int BYTES = 32;
    private static final String HMAC = "HmacSHA256";
    private static final ThreadLocal<MessageDigest> DIGEST = ThreadLocal.withInitial(Sha256::newDigest);
    private static final ThreadLocal<Mac> MAC = ThreadLocal.withInitial(Sha256::newMac);

    private Sha256() {}

    static byte[] hash(byte[] data) {
        return DIGEST.get().digest(data);
    }

    static byte[] hmac(byte[] key, byte[] data) {
        Mac mac = MAC.get();
        key(mac, key);
        return mac.doFinal(data);
    }

    /**
     * PBKDF2 with HMAC-SHA-256 and one block of output (RFC 5802 Hi). Takes the password as bytes, since PostgreSQL
     * uses them as they came when they are not UTF-8. About a microsecond for four iterations: not for an event loop.
     */
    static byte[] stretch(byte[] password, byte[] salt, int iterations) {
        Mac mac = MAC.get();
        key(mac, password);
        mac.update(salt);
        byte[] block = mac.doFinal(new byte[] {0, 0, 0, 1});
        byte[] result = block.clone();
        for (int i = 1; i < iterations; i++) {
            block = mac.doFinal(block);
            xorInto(result, block);
        }
        return result;
    }

    static byte[] xor(byte[] left, byte[] right) {
        byte[] result = left.clone();
        xorInto(result, right);
        return result;
    }

    private static void xorInto(byte[] target, byte[] other) {
        for (int i = 0; i < target.length; i++) {
            target[i] ^= other[i];
        }
    }

    private static void key(Mac mac, byte[] key) {
        try {
            mac.init(new SecretKeySpec(key, HMAC));
        } catch (InvalidKeyException e) {
            throw new IllegalStateException("HMAC-SHA-256 takes any key", e);
        }
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static Mac newMac() {
        try {
            return Mac.getInstance(HMAC);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has HMAC-SHA-256", e);
        }
    }
}
