package dev.postern.auth.client;

import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.FakeVerifiers;
import java.util.concurrent.Executor;

/**
 * md5, for clients that know no better. As in PostgreSQL, a user of whom only a SCRAM verifier is stored is asked for SCRAM
 * instead.
 */
public final class Md5Authenticator implements ClientAuthenticator {
    private final UserStore users;
    private final FakeVerifiers fakes;
    private final ChannelBinding binding;

    public Md5Authenticator(UserStore users, FakeVerifiers fakes, ChannelBinding binding) {
        this.users = users;
        this.fakes = fakes;
        this.binding = binding;
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        return new Md5Exchange(facts, loop, users, fakes, binding);
    }
}
