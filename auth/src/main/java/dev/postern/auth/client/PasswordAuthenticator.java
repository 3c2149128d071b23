package dev.postern.auth.client;

import dev.postern.auth.password.FakeVerifiers;
import java.util.concurrent.Executor;

/**
 * A cleartext password, checked against what is stored. Only inside TLS. Each login costs PBKDF2 where a SCRAM verifier is
 * stored: prefer SCRAM.
 */
public final class PasswordAuthenticator implements ClientAuthenticator {
    private final UserStore users;
    private final FakeVerifiers fakes;
    private final Executor stretching;
    private final boolean passThrough;

    /**
     * @param stretching where PBKDF2 runs: {@link dev.postern.auth.password.StretchExecutor}
     * @param passThrough whether {@link Identity#passThrough()} carries keys to log in to servers with
     */
    public PasswordAuthenticator(UserStore users, FakeVerifiers fakes, Executor stretching, boolean passThrough) {
        this.users = users;
        this.fakes = fakes;
        this.stretching = stretching;
        this.passThrough = passThrough;
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        return new CleartextExchange(
                facts, loop, new StoredPasswordCheck(facts, users, fakes, stretching, passThrough));
    }
}
