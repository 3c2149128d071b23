package dev.postern.auth.kubernetes;

import dev.postern.auth.client.UserMap;

/**
 * Whose tokens are good for a route.
 *
 * @param audience what the client's token has to be issued for; not the API server's own, or any pod's default token would do
 * @param map which {@code system:serviceaccount:NAMESPACE:NAME} may act as which role
 */
public record TokenReviewRules(String audience, UserMap map) {
    public TokenReviewRules {
        if (audience.isEmpty()) {
            throw new IllegalArgumentException("audience is empty (expected: the audience of the clients' tokens)");
        }
    }
}
