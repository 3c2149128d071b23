package dev.postern.auth.client;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** What the gateway does next in a client's login. */
public sealed interface Step {
    /** Send AuthenticationSASL with these mechanisms, in this order. */
    record AskSasl(List<String> mechanisms) implements Step {}

    /** Send AuthenticationSASLContinue. */
    record SaslContinue(byte[] data) implements Step {}

    /** Send AuthenticationCleartextPassword. */
    record AskPassword() implements Step {}

    /** Send AuthenticationMD5Password with these four bytes. */
    record AskMd5(byte[] salt) implements Step {}

    /**
     * The client is who it says.
     *
     * @param saslFinal to send as AuthenticationSASLFinal before AuthenticationOk; empty when there is none
     */
    record Accepted(Identity identity, byte[] saslFinal) implements Step {
        static final byte[] NO_SASL_FINAL = {};

        Accepted(Identity identity) {
            this(identity, NO_SASL_FINAL);
        }

        public boolean hasSaslFinal() {
            return saslFinal.length > 0;
        }
    }

    /** The login has failed; nothing more may be sent but the error. */
    record Rejected(Rejection why) implements Step {}

    /**
     * The answer is made elsewhere. The stage completes on the login's loop, never exceptionally, and never with another
     * {@code Later}; until then a message from the client is a protocol error.
     */
    record Later(CompletionStage<Step> step) implements Step {}
}
