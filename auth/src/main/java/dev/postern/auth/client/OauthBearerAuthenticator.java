package dev.postern.auth.client;

import java.util.concurrent.Executor;

/** SASL OAUTHBEARER (RFC 7628), as PostgreSQL 18 speaks it: a bearer token, inside TLS only. */
public final class OauthBearerAuthenticator implements ClientAuthenticator {
    private final OutsideCheck tokens;
    private final String issuer;
    private final String scope;

    /**
     * @param issuer what clients without a token are told: where to get one
     * @param scope the scopes such a token needs, separated by spaces
     */
    public OauthBearerAuthenticator(OutsideCheck tokens, String issuer, String scope) {
        this.tokens = tokens;
        this.issuer = issuer;
        this.scope = scope;
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        return new OauthBearerExchange(facts, loop, tokens, issuer, scope);
    }
}
