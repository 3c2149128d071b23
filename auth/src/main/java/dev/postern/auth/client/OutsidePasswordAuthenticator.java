package dev.postern.auth.client;

import dev.postern.auth.Secret;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Asks for a cleartext password, inside TLS only, and has an {@link OutsideCheck} judge it: a JWT, an LDAP password. */
public final class OutsidePasswordAuthenticator implements ClientAuthenticator {
    private final OutsideCheck outside;
    private final Method method;

    public OutsidePasswordAuthenticator(OutsideCheck outside, Method method) {
        this.outside = outside;
        this.method = method;
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        return new CleartextExchange(facts, loop, password -> check(facts, password));
    }

    private CompletionStage<Step> check(LoginFacts facts, Secret password) {
        return outside.check(facts, password)
                .<Step>thenApply(verdict -> switch (verdict) {
                    case OutsideCheck.Verdict.Proved() -> new Step.Accepted(new Identity(facts.user(), method));
                    case OutsideCheck.Verdict.Refused(Rejection why) -> new Step.Rejected(why);
                })
                .whenComplete((step, failure) -> password.wipe());
    }
}
