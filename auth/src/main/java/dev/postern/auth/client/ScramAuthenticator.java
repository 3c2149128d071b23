package dev.postern.auth.client;

import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.FakeVerifiers;
import java.util.concurrent.Executor;

/**
 * SCRAM-SHA-256, and SCRAM-SHA-256-PLUS where the connection has channel-binding data (RFC 5802, 5929, 7677). A user that is
 * not there, or whose password is no use, goes through the whole exchange against a made-up verifier.
 */
public final class ScramAuthenticator implements ClientAuthenticator {
    private final UserStore users;
    private final FakeVerifiers fakes;
    private final ChannelBinding binding;
    private final boolean passThrough;

    /**
     * @param binding whether the -PLUS mechanism is offered, or the only one
     * @param passThrough whether {@link Identity#passThrough()} carries the client's keys, to log in to servers with
     */
    public ScramAuthenticator(UserStore users, FakeVerifiers fakes, ChannelBinding binding, boolean passThrough) {
        this.users = users;
        this.fakes = fakes;
        this.binding = binding;
        this.passThrough = passThrough;
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        return new ScramExchange(facts, loop, users, fakes, binding, passThrough);
    }
}
