package dev.postern.auth.kubernetes;

import dev.postern.auth.client.UserMap;
import java.net.URI;
import java.nio.file.Path;

/**
 * Whose tokens are good for a route.
 *
 * @param api the API server, e.g. {@code https://kubernetes.default.svc}
 * @param ownToken the gateway's own token, read again for each review: kubelet replaces it
 * @param audience what the client's token has to be issued for; not the API server's own, or any pod's default token would do
 * @param map which {@code system:serviceaccount:NAMESPACE:NAME} may act as which role
 */
public record TokenReviewRules(URI api, Path ownToken, String audience, UserMap map) {
    public TokenReviewRules {
        if (audience.isEmpty()) {
            throw new IllegalArgumentException("audience is empty (expected: the audience of the clients' tokens)");
        }
    }
}
