package dev.postern.auth;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Bytes that must not be seen: a password, a key, a token. It cannot print itself, compares in constant time and can be
 * wiped; after {@link #wipe()} every read fails. Safe for use by several threads, as long as the one that wipes is the last.
 */
public final class Secret implements AutoCloseable {
    private final byte[] bytes;
    private volatile boolean wiped;

    private Secret(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Takes the array over: the caller must not use it again. */
    public static Secret ofBytes(byte[] bytes) {
        return new Secret(bytes);
    }

    /** UTF-8 of the text. The text itself is the caller's: where it came as a {@code String} it cannot be wiped. */
    public static Secret ofText(CharSequence text) {
        ByteBuffer utf8 = StandardCharsets.UTF_8.encode(CharBuffer.wrap(text));
        byte[] bytes = new byte[utf8.remaining()];
        utf8.get(bytes);
        Arrays.fill(utf8.array(), (byte) 0);
        return new Secret(bytes);
    }

    /** A copy of the bytes, which the caller wipes when done. */
    public byte[] copy() {
        checkReadable();
        return bytes.clone();
    }

    /** The text of a UTF-8 secret, for APIs that take nothing else. Not wipeable: prefer {@link #copy()}. */
    public String reveal() {
        checkReadable();
        return new String(bytes, StandardCharsets.UTF_8);
    }

    public int length() {
        return bytes.length;
    }

    public void wipe() {
        wiped = true;
        Arrays.fill(bytes, (byte) 0);
    }

    @Override
    public void close() {
        wipe();
    }

    private void checkReadable() {
        if (wiped) {
            throw new IllegalStateException("this secret was wiped");
        }
    }

    /** Constant time in the contents; the lengths may be told apart. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Secret that && MessageDigest.isEqual(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "Secret[hidden]";
    }
}
