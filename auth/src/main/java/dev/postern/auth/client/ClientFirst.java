package dev.postern.auth.client;

import dev.postern.auth.password.SaslText;
import java.util.Optional;

/** SCRAM's client-first-message (RFC 5802 section 7). */
sealed interface ClientFirst {
    /**
     * @param binding what the client says of channel binding
     * @param bindingType the type it names; empty unless {@link Binding#USED}
     * @param gs2Header as it stands, with its last comma: part of the channel-binding input
     * @param bare the message without that header: part of the AuthMessage
     * @param nonce the client's part
     */
    record Message(Binding binding, String bindingType, String gs2Header, String bare, String nonce)
            implements ClientFirst {}

    record Malformed(String why) implements ClientFirst {}

    /** The gs2-cbind-flag. */
    enum Binding {
        /** {@code n}: the client cannot. */
        UNSUPPORTED,
        /** {@code y}: the client can and believes the server cannot. */
        NOT_OFFERED,
        /** {@code p=}: used. */
        USED
    }

    static ClientFirst parse(byte[] message) {
        if (message.length == 0) {
            return new Malformed("empty SCRAM client-first-message");
        }
        Optional<String> decoded = SaslText.decode(message);
        if (decoded.isEmpty()) {
            return new Malformed(
                    "SCRAM client-first-message of " + message.length + " bytes is too long or not UTF-8 text");
        }
        String text = decoded.get();
        int flagEnd = text.indexOf(',');
        int headerEnd = text.indexOf(',', flagEnd + 1);
        if (flagEnd < 0 || headerEnd < 0) {
            return new Malformed("SCRAM client-first-message ends within its header");
        }
        String flag = text.substring(0, flagEnd);
        Binding binding;
        switch (flag) {
            case "n" -> binding = Binding.UNSUPPORTED;
            case "y" -> binding = Binding.NOT_OFFERED;
            default -> {
                if (SaslText.value('p', flag).isEmpty()) {
                    return new Malformed("unknown channel-binding flag in SCRAM client-first-message");
                }
                binding = Binding.USED;
            }
        }
        if (headerEnd != flagEnd + 1) {
            return new Malformed("SCRAM authorization identity is not supported");
        }
        return parseBare(
                binding,
                SaslText.value('p', flag).orElse(""),
                text.substring(0, headerEnd + 1),
                text.substring(headerEnd + 1));
    }

    private static ClientFirst parseBare(Binding binding, String bindingType, String gs2Header, String bare) {
        String[] parts = bare.split(",", -1);
        if (parts[0].startsWith("m=")) {
            return new Malformed("SCRAM extension asked for as mandatory is not supported");
        }
        // The name may be empty, as libpq sends it: PostgreSQL takes the startup packet's user.
        if (!parts[0].startsWith("n=") || parts.length < 2) {
            return new Malformed("SCRAM client-first-message lacks user name or nonce");
        }
        String nonce = SaslText.value('r', parts[1]).orElse("");
        if (!SaslText.isNonce(nonce)) {
            return new Malformed("SCRAM client nonce is missing or not printable");
        }
        for (int i = 2; i < parts.length; i++) {
            if (!SaslText.isAttribute(parts[i])) {
                return new Malformed("malformed SCRAM extension in client-first-message");
            }
        }
        return new Message(binding, bindingType, gs2Header, bare, nonce);
    }
}
