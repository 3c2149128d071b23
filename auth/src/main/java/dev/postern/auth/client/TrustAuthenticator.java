package dev.postern.auth.client;

import java.util.Set;
import java.util.concurrent.Executor;

/** Believes the startup packet: any of the named users comes in unasked. On loopback listeners, or by explicit opt-in. */
public final class TrustAuthenticator implements ClientAuthenticator {
    private final Set<String> users;
    private final boolean everywhere;

    /** @param everywhere whether clients of other than loopback listeners are believed too */
    public TrustAuthenticator(Set<String> users, boolean everywhere) {
        this.users = Set.copyOf(users);
        this.everywhere = everywhere;
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        if (!everywhere && !facts.loopback()) {
            return new Silent(new Step.Rejected(
                    new Rejection.NotAllowed("trust is for loopback listeners unless the configuration opts in")));
        }
        return new Silent(
                users.contains(facts.user())
                        ? new Step.Accepted(new Identity(facts.user(), Method.TRUST))
                        : new Step.Rejected(new Rejection.UnknownUser(facts.user())));
    }
}
