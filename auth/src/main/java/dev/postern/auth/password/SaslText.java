package dev.postern.auth.password;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/** Reads the text of a SASL message without believing it: bounded, strict, and never by exception. */
public final class SaslText {
    private static final byte[] NOTHING = {};

    private SaslText() {}

    /** Empty when there is nothing, too much ({@link ScramMechanisms#MAX_MESSAGE_BYTES}), a zero byte or broken UTF-8. */
    public static Optional<String> decode(byte[] message) {
        if (message.length == 0 || message.length > ScramMechanisms.MAX_MESSAGE_BYTES) {
            return Optional.empty();
        }
        for (byte b : message) {
            if (b == 0) {
                return Optional.empty();
            }
        }
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(message))
                    .toString());
        } catch (CharacterCodingException notUtf8) {
            return Optional.empty();
        }
    }

    /** The value of an attribute such as {@code r=...}; empty when the part is another attribute or has no value. */
    public static Optional<String> value(char name, String part) {
        boolean named = part.length() > 2 && part.charAt(0) == name && part.charAt(1) == '=';
        return named ? Optional.of(part.substring(2)) : Optional.empty();
    }

    /** Whether the part has the form of an attribute: a letter, an equals sign, a value. */
    public static boolean isAttribute(String part) {
        return part.length() > 2 && isLetter(part.charAt(0)) && part.charAt(1) == '=';
    }

    /** Printable ASCII without a comma (RFC 5802 "printable"). */
    public static boolean isNonce(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c > 0x20 && c < 0x7f && c != ',');
    }

    /** Canonical base64 (padded, no other characters); an empty array when it is not. */
    public static byte[] base64(String text) {
        try {
            byte[] bytes = Base64.getDecoder().decode(text);
            // The JDK's decoder lets stray bits pass in the last digit: only the one canonical text is taken.
            return Arrays.equals(Base64.getEncoder().encode(bytes), text.getBytes(StandardCharsets.ISO_8859_1))
                    ? bytes
                    : NOTHING;
        } catch (IllegalArgumentException notBase64) {
            return NOTHING;
        }
    }

    private static boolean isLetter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }
}
