package dev.postern.auth.server;

import dev.postern.auth.password.SaslText;
import dev.postern.auth.password.ScramVerifier;
import java.util.Optional;

/** SCRAM's server-first-message (RFC 5802 section 7). */
sealed interface ServerFirst {
    /** @param text the whole message: part of the AuthMessage */
    record Message(String text, String nonce, byte[] salt, int iterations) implements ServerFirst {}

    record Malformed(String why) implements ServerFirst {}

    static ServerFirst parse(byte[] message, String clientNonce) {
        Optional<String> decoded = SaslText.decode(message);
        if (decoded.isEmpty()) {
            return new Malformed("SCRAM server-first-message is empty, too long or not UTF-8 text");
        }
        String text = decoded.get();
        String[] parts = text.split(",", -1);
        if (parts.length < 3) {
            return new Malformed("SCRAM server-first-message is truncated or asks for an extension we do not have");
        }
        String nonce = SaslText.value('r', parts[0]).orElse("");
        if (!SaslText.isNonce(nonce) || !nonce.startsWith(clientNonce) || nonce.length() == clientNonce.length()) {
            return new Malformed("SCRAM server nonce does not continue ours");
        }
        byte[] salt = SaslText.base64(SaslText.value('s', parts[1]).orElse(""));
        if (salt.length == 0 || salt.length > ScramVerifier.MAX_SALT_BYTES) {
            return new Malformed("SCRAM salt is missing, not base64 or too long");
        }
        String iterations = SaslText.value('i', parts[2]).orElse("");
        if (iterations.isEmpty()
                || iterations.length() > 9
                || !iterations.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return new Malformed("SCRAM iteration count is missing or no number");
        }
        return new Message(text, nonce, salt, Integer.parseInt(iterations));
    }
}
