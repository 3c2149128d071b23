package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Makes a {@link VaultAnswer} of a status and a body, and wipes the body. */
final class VaultAnswers {
    /** Enough for every text seen; keeps a page of HTML out of the logs. */
    private static final int MAX_REASON = 300;

    private VaultAnswers() {}

    static VaultAnswer of(int status, byte[] bytes, Set<String> secretNames, Duration retryAfter) {
        boolean success = status >= 200 && status < 300;
        JsonObject body;
        try {
            body = bytes.length == 0 ? JsonObject.EMPTY : Json.parse(bytes, secretNames);
        } catch (Json.MalformedJson e) {
            return success
                    ? new VaultAnswer.Failed(status, "the answer is " + e.getMessage() + ": is this a Vault?")
                    : failure(status, "answered without JSON", JsonObject.EMPTY, retryAfter);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
        return success ? new VaultAnswer.Ok(body) : failure(status, reason(body), body, retryAfter);
    }

    private static VaultAnswer failure(int status, String reason, JsonObject body, Duration retryAfter) {
        return switch (status) {
            case 403 -> new VaultAnswer.Denied(reason);
            case 412, 429 -> new VaultAnswer.Busy(status + " " + reason, retryAfter);
            case 502, 504 -> new VaultAnswer.Away(status + " " + reason);
            // Only a locked namespace answers 503 while others are served.
            case 503 ->
                reason.contains("locked")
                        ? new VaultAnswer.Failed(status, reason)
                        : new VaultAnswer.Away(status + " " + reason);
            default ->
                status >= 500 ? new VaultAnswer.Failed(status, reason) : new VaultAnswer.Refused(status, reason, body);
        };
    }

    private static String reason(JsonObject body) {
        List<String> texts = body.texts("errors").isEmpty() ? body.texts("warnings") : body.texts("errors");
        String joined = String.join("; ", texts).replaceAll("\\s+", " ").strip();
        return joined.length() > MAX_REASON ? joined.substring(0, MAX_REASON) + "..." : joined;
    }
}
