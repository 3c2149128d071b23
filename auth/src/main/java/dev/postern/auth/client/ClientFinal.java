package dev.postern.auth.client;

import dev.postern.auth.password.SaslText;
import java.util.Optional;

/** SCRAM's client-final-message (RFC 5802 section 7). */
sealed interface ClientFinal {
    /**
     * @param binding the base64 text of the channel-binding input
     * @param nonce the whole nonce
     * @param withoutProof the message up to the proof's comma: part of the AuthMessage
     * @param proof 32 bytes
     */
    record Message(String binding, String nonce, String withoutProof, byte[] proof) implements ClientFinal {}

    record Malformed(String why) implements ClientFinal {}

    /** SHA-256's length. */
    int PROOF_BYTES = 32;

    static ClientFinal parse(byte[] message) {
        if (message.length == 0) {
            return new Malformed("empty SCRAM client-final-message");
        }
        Optional<String> decoded = SaslText.decode(message);
        if (decoded.isEmpty()) {
            return new Malformed(
                    "SCRAM client-final-message of " + message.length + " bytes is too long or not UTF-8 text");
        }
        String text = decoded.get();
        String[] parts = text.split(",", -1);
        if (parts.length < 3) {
            return new Malformed("SCRAM client-final-message is truncated");
        }
        String binding = SaslText.value('c', parts[0]).orElse("");
        String nonce = SaslText.value('r', parts[1]).orElse("");
        if (binding.isEmpty() || nonce.isEmpty()) {
            return new Malformed("SCRAM client-final-message lacks channel binding or nonce");
        }
        int last = parts.length - 1;
        for (int i = 2; i < last; i++) {
            if (parts[i].startsWith("m=") || !SaslText.isAttribute(parts[i])) {
                return new Malformed("malformed SCRAM extension in client-final-message");
            }
        }
        byte[] proof = SaslText.base64(SaslText.value('p', parts[last]).orElse(""));
        if (proof.length != PROOF_BYTES) {
            return new Malformed("SCRAM proof is missing, not base64 or not 32 bytes long");
        }
        return new Message(binding, nonce, text.substring(0, text.length() - parts[last].length() - 1), proof);
    }
}
