package dev.postern.auth.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.postern.auth.password.SaslText;
import dev.postern.auth.password.ScramKeys;
import dev.postern.auth.password.ScramMechanisms;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;

/** The client's side of one SCRAM exchange, once its mechanism is chosen. */
final class ScramLogin {
    /** As libpq's. */
    private static final int NONCE_BYTES = 18;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final String mechanism;
    private final String gs2Header;
    private final byte[] bindingInput;
    private final String nonce;

    /**
     * @param gs2Header {@code n,,}, {@code y,,} or {@code p=tls-server-end-point,,}
     * @param bindingData empty unless the header says {@code p=}
     */
    ScramLogin(String mechanism, String gs2Header, byte[] bindingData) {
        this(mechanism, gs2Header, bindingData, randomNonce());
    }

    /** With a nonce that is known beforehand, for the vectors of the RFC. */
    ScramLogin(String mechanism, String gs2Header, byte[] bindingData, String nonce) {
        this.mechanism = mechanism;
        this.gs2Header = gs2Header;
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.writeBytes(gs2Header.getBytes(UTF_8));
        input.writeBytes(bindingData);
        this.bindingInput = input.toByteArray();
        this.nonce = nonce;
    }

    String nonce() {
        return nonce;
    }

    ServerStep.SaslInitial first() {
        return new ServerStep.SaslInitial(mechanism, (gs2Header + bare()).getBytes(UTF_8));
    }

    boolean bound() {
        return mechanism.equals(ScramMechanisms.SCRAM_SHA_256_PLUS);
    }

    private String bare() {
        // PostgreSQL takes the startup packet's user and ignores this one; libpq leaves it empty too.
        return "n=,r=" + nonce;
    }

    /** The answer to the server-first-message, and what the server has to sign. */
    Proof prove(ServerFirst.Message serverFirst, ScramKeys keys) {
        Base64.Encoder base64 = Base64.getEncoder();
        String withoutProof = "c=" + base64.encodeToString(bindingInput) + ",r=" + serverFirst.nonce();
        byte[] authMessage = (bare() + "," + serverFirst.text() + "," + withoutProof).getBytes(UTF_8);
        String last = withoutProof + ",p=" + base64.encodeToString(keys.proof(authMessage));
        return new Proof(last.getBytes(UTF_8), keys.serverSignature(authMessage));
    }

    record Proof(byte[] clientFinal, byte[] expectedSignature) {
        /** Whether the server-final-message carries the signature only the right server can make. */
        boolean isAnsweredBy(byte[] serverFinal) {
            String text = SaslText.decode(serverFinal).orElse("");
            byte[] signature =
                    SaslText.base64(SaslText.value('v', text.split(",", -1)[0]).orElse(""));
            return MessageDigest.isEqual(signature, expectedSignature);
        }
    }

    private static String randomNonce() {
        byte[] bytes = new byte[NONCE_BYTES];
        RANDOM.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
