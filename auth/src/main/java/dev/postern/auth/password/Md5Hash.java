package dev.postern.auth.password;

import dev.postern.auth.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * PostgreSQL's md5 password: {@code md5} and the hex of MD5(password + user). It is all an md5 client needs to log in, so it
 * is as secret as the password.
 */
public final class Md5Hash {
    private static final Pattern FORM = Pattern.compile("md5[0-9a-f]{32}");

    /** Nobody's password: zeroes in the place of a hash. */
    public static final Md5Hash NOBODY = new Md5Hash(Secret.ofText("0".repeat(32)));

    /** The 32 hex digits without the prefix. */
    private final Secret digits;

    private Md5Hash(Secret digits) {
        this.digits = digits;
    }

    /** Empty when the text is not exactly {@code md5} and 32 lower-case hex digits. */
    public static Optional<Md5Hash> parse(String text) {
        return FORM.matcher(text).matches()
                ? Optional.of(new Md5Hash(Secret.ofText(text.substring(3))))
                : Optional.empty();
    }

    public static Md5Hash of(Secret password, String user) {
        byte[] bytes = password.copy();
        Md5Hash hash = new Md5Hash(Secret.ofBytes(hexDigest(bytes, user.getBytes(StandardCharsets.UTF_8))));
        Arrays.fill(bytes, (byte) 0);
        return hash;
    }

    /** What a client sends to AuthenticationMD5Password, without the terminating zero. */
    public byte[] response(byte[] salt) {
        byte[] stored = digits.copy();
        byte[] salted = hexDigest(stored, salt);
        Arrays.fill(stored, (byte) 0);
        byte[] response = new byte[3 + salted.length];
        response[0] = 'm';
        response[1] = 'd';
        response[2] = '5';
        System.arraycopy(salted, 0, response, 3, salted.length);
        return response;
    }

    /** Constant time. */
    public boolean answers(byte[] response, byte[] salt) {
        return MessageDigest.isEqual(response(salt), response);
    }

    /** Constant time. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Md5Hash that && digits.equals(that.digits);
    }

    @Override
    public int hashCode() {
        return digits.hashCode();
    }

    @Override
    public String toString() {
        return "Md5Hash[hidden]";
    }

    private static byte[] hexDigest(byte[] first, byte[] second) {
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            md5.update(first);
            byte[] digest = md5.digest(second);
            return HexFormat.of().formatHex(digest).getBytes(StandardCharsets.US_ASCII);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }
}
