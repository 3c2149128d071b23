package dev.postern.auth.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ScramKeys;
import java.io.ByteArrayOutputStream;
import java.util.Base64;

/** A SCRAM client that can be told to do everything wrong: each part of its messages is a field. */
final class ScriptedScramClient {
    static final String NONCE = "fyko+d2lbbFgONRv9qkxdawL";

    String header = "n,,";
    byte[] bindingData = {};
    Secret password = Logins.PASSWORD;
    String nonceSuffix = "";
    String extensions = "";

    byte[] first() {
        return (header + bare()).getBytes(UTF_8);
    }

    private String bare() {
        return "n=,r=" + NONCE;
    }

    byte[] last(byte[] serverFirst) {
        return last(new String(serverFirst, UTF_8));
    }

    private byte[] last(String serverFirst) {
        String[] parts = serverFirst.split(",");
        String withoutProof = "c=" + Base64.getEncoder().encodeToString(binding()) + ",r=" + parts[0].substring(2)
                + nonceSuffix + extensions;
        byte[] salt = Base64.getDecoder().decode(parts[1].substring(2));
        byte[] authMessage = (bare() + "," + serverFirst + "," + withoutProof).getBytes(UTF_8);
        try (ScramKeys keys = ScramKeys.derive(password, salt, Integer.parseInt(parts[2].substring(2)))) {
            return (withoutProof + ",p=" + Base64.getEncoder().encodeToString(keys.proof(authMessage))).getBytes(UTF_8);
        }
    }

    private byte[] binding() {
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.writeBytes(header.getBytes(UTF_8));
        input.writeBytes(bindingData);
        return input.toByteArray();
    }

    /** The whole login. */
    Step login(Exchange exchange, String mechanism) {
        exchange.start();
        Step challenge = exchange.onSaslInitial(mechanism, first());
        return challenge instanceof Step.SaslContinue(byte[] data) ? exchange.onSaslResponse(last(data)) : challenge;
    }
}
