package dev.postern.auth.client;

import java.util.concurrent.Executor;

/** Finds out who a client is. One for each route and method; safe for use by all event loops. */
public interface ClientAuthenticator {
    /**
     * @param loop where the exchange lives and where {@link Step.Later} completes: the client's event loop
     */
    Exchange begin(LoginFacts facts, Executor loop);
}
