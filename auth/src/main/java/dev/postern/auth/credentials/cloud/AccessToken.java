package dev.postern.auth.credentials.cloud;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * An OAuth 2 access token (RFC 6749, section 5.1).
 *
 * @param lifetime how long it is still good
 */
record AccessToken(Secret token, Duration lifetime) {
    /** Reads an answer; Azure's instance metadata has the number as a text. */
    static AccessToken read(byte[] answer, String where) throws CredentialUnavailable {
        try {
            JsonObject json = Json.parse(answer, Set.of("access_token"));
            Optional<Secret> token = json.secret("access_token");
            long seconds = json.number("expires_in").orElse(seconds(json.text("expires_in")));
            if (token.isEmpty() || seconds <= 0) {
                throw new CredentialUnavailable(where + " answered without a token that lives, but " + json.names());
            }
            return new AccessToken(token.get(), Duration.ofSeconds(seconds));
        } catch (Json.MalformedJson e) {
            throw new CredentialUnavailable(where + " answered something else than a token");
        }
    }

    private static long seconds(String text) {
        return text.matches("[0-9]{1,9}") ? Long.parseLong(text) : 0;
    }
}
