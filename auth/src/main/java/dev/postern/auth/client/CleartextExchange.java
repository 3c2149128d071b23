package dev.postern.auth.client;

import dev.postern.auth.Secret;
import java.util.Arrays;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Asks for a cleartext password inside TLS and has it checked: {@code Fresh -> Asked -> Checking -> Ended}. */
final class CleartextExchange implements Exchange {
    /** Tokens of cloud providers come to 2 kB and more; PostgreSQL's own limit is 65,535. */
    static final int MAX_PASSWORD_BYTES = 16 * 1024;

    private enum State {
        FRESH,
        ASKED,
        CHECKING,
        ENDED
    }

    private final LoginFacts facts;
    private final Executor loop;
    private final CleartextCheck check;
    private State state = State.FRESH;

    CleartextExchange(LoginFacts facts, Executor loop, CleartextCheck check) {
        this.facts = facts;
        this.loop = loop;
        this.check = check;
    }

    @Override
    public Step start() {
        if (state != State.FRESH) {
            return protocolError("password exchange started twice");
        }
        if (!facts.tls() && !(facts.address() instanceof ClientAddress.UnixSocket)) {
            return reject(new Rejection.NotAllowed("a cleartext password is asked for only inside TLS"));
        }
        state = State.ASKED;
        return new Step.AskPassword();
    }

    @Override
    public Step onPassword(byte[] password) {
        if (state != State.ASKED) {
            Arrays.fill(password, (byte) 0);
            return protocolError("a password is not expected now");
        }
        if (password.length > MAX_PASSWORD_BYTES) {
            Arrays.fill(password, (byte) 0);
            return protocolError("a password of " + password.length + " bytes is too long");
        }
        state = State.CHECKING;
        return new Step.Later(check.check(Secret.ofBytes(password)).handleAsync(this::checked, loop));
    }

    private Step checked(@Nullable Step step, @Nullable Throwable failure) {
        state = State.ENDED;
        if (step == null) {
            return new Step.Rejected(new Rejection.LookupFailed("checking the password failed: " + failure));
        }
        return step;
    }

    @Override
    public Step onSaslInitial(String mechanism, byte[] response) {
        return protocolError("a password was expected, not a SASL message");
    }

    @Override
    public Step onSaslResponse(byte[] data) {
        return protocolError("a password was expected, not a SASL message");
    }

    @Override
    public void close() {
        state = State.ENDED;
    }

    private Step protocolError(String why) {
        return reject(new Rejection.ProtocolError(why));
    }

    private Step reject(Rejection why) {
        state = State.ENDED;
        return new Step.Rejected(why);
    }
}
