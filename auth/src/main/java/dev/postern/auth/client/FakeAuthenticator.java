package dev.postern.auth.client;

import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.FakeVerifiers;
import java.util.concurrent.Executor;

/**
 * Lets nobody in, after the whole SCRAM exchange: for databases that no route serves, so that they cannot be told from those
 * that one does. Rejects with {@link Rejection.UnknownDatabase} where the facts name no route, else with
 * {@link Rejection.UnknownUser}.
 */
public final class FakeAuthenticator implements ClientAuthenticator {
    private final ScramAuthenticator scram;

    public FakeAuthenticator(FakeVerifiers fakes, ChannelBinding binding) {
        this.scram = new ScramAuthenticator(user -> new UserStore.Lookup.Unknown(), fakes, binding, false);
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        return scram.begin(facts, loop);
    }
}
