package dev.postern.auth.kubernetes;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.postern.auth.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asks the API server about a token: authentication.k8s.io/v1 TokenReview. Blocks: for virtual threads. */
final class TokenReviews {
    private static final String PATH = "/apis/authentication.k8s.io/v1/tokenreviews";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_BYTES = 1024 * 1024;

    private final HttpClient http;

    TokenReviews(HttpClient http) {
        this.http = http;
    }

    /** The user name the cluster knows the token by; empty when it is not good for the audience. */
    Optional<String> review(TokenReviewRules rules, Secret token) throws IOException {
        String body = JSONObjectUtils.toJSONString(Map.of(
                "apiVersion", "authentication.k8s.io/v1",
                "kind", "TokenReview",
                "spec", Map.of("token", token.reveal(), "audiences", List.of(rules.audience()))));
        String own = Files.readString(rules.ownToken()).strip();
        if (!own.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IOException(rules.ownToken() + " holds no token"); // the JDK's message would quote it
        }
        HttpRequest request = HttpRequest.newBuilder(rules.api().resolve(PATH))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + own)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream answer = response.body()) {
                if (response.statusCode() / 100 != 2) {
                    throw new IOException("TokenReview at " + rules.api() + " answered " + response.statusCode()
                            + (response.statusCode() == 403
                                    ? ": the gateway's ServiceAccount may not create tokenreviews"
                                    : ""));
                }
                return user(text(answer), rules.audience());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking " + rules.api(), e);
        }
    }

    private static String text(InputStream answer) throws IOException {
        return new String(answer.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
    }

    private static Optional<String> user(String answer, String audience) throws IOException {
        try {
            Map<String, Object> status = object(JSONObjectUtils.parse(answer), "status");
            if (!Boolean.TRUE.equals(status.get("authenticated"))) {
                return Optional.empty();
            }
            // An authenticator that knows nothing of audiences leaves them out: its token may be meant for anybody.
            if (!(status.get("audiences") instanceof List<?> audiences) || !audiences.contains(audience)) {
                return Optional.empty();
            }
            return object(status, "user").get("username") instanceof String name && !name.isEmpty()
                    ? Optional.of(name)
                    : Optional.empty();
        } catch (ParseException e) {
            throw new IOException("the answer to a TokenReview is no JSON object", e);
        }
    }

    private static Map<String, Object> object(Map<String, Object> parent, String name) throws ParseException {
        Map<String, Object> child = JSONObjectUtils.getJSONObject(parent, name);
        return child == null ? Map.of() : child;
    }
}
