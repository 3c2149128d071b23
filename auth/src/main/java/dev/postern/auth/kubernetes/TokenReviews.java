package dev.postern.auth.kubernetes;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import dev.postern.auth.kubernetes.api.ApiFailure;
import dev.postern.auth.kubernetes.api.ApiServer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asks the API server about a token: authentication.k8s.io/v1 TokenReview. Blocks: for virtual threads. */
final class TokenReviews {
    private static final String PATH = "/apis/authentication.k8s.io/v1/tokenreviews";

    private final ApiServer api;

    TokenReviews(ApiServer api) {
        this.api = api;
    }

    /** The user name the cluster knows the token by; empty when it is not good for the audience. */
    Optional<String> review(TokenReviewRules rules, Secret token) throws IOException {
        byte[] body = Json.write(Map.of(
                "apiVersion", "authentication.k8s.io/v1",
                "kind", "TokenReview",
                "spec", Map.of("token", token, "audiences", List.of(rules.audience()))));
        try {
            return user(api.post(PATH, body), rules.audience());
        } catch (ApiFailure e) {
            throw new IOException(
                    "TokenReview: " + e.getMessage()
                            + (e.status() == 403 ? " (the gateway's ServiceAccount may not create tokenreviews)" : ""),
                    e);
        }
    }

    private static Optional<String> user(JsonObject review, String audience) {
        JsonObject status = review.object("status");
        if (!status.isTrue("authenticated")) {
            return Optional.empty();
        }
        // An authenticator that knows nothing of audiences leaves them out: its token may be meant for anybody.
        if (!status.texts("audiences").contains(audience)) {
            return Optional.empty();
        }
        return Optional.of(status.object("user").text("username")).filter(name -> !name.isEmpty());
    }
}
