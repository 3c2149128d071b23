package dev.postern.auth.client;

import java.util.concurrent.Executor;

/** Lets in every user unasked (PgBouncer's {@code auth_type = any}). On loopback listeners, or by explicit opt-in. */
public final class AnyAuthenticator implements ClientAuthenticator {
    private final boolean everywhere;

    /** @param everywhere whether clients of other than loopback listeners are let in too */
    public AnyAuthenticator(boolean everywhere) {
        this.everywhere = everywhere;
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        return new Silent(
                everywhere || facts.loopback()
                        ? new Step.Accepted(new Identity(facts.user(), Method.ANY))
                        : new Step.Rejected(new Rejection.NotAllowed(
                                "any is for loopback listeners unless the configuration opts in")));
    }
}
