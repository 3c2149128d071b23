package dev.postern.auth.jwt;

import dev.postern.auth.client.UserMap;
import java.time.Duration;

/**
 * Which tokens are good for a route.
 *
 * @param keys where the issuer's public keys stand
 * @param issuer the {@code iss} a token must have
 * @param audience one of the {@code aud} it must have
 * @param roleClaim the claim that names roles, a string or a list of them; dots lead into objects ({@code realm.roles})
 * @param map which value of that claim may act as which role
 * @param clockSkew how far the issuer's clock may be off
 */
public record JwtRules(
        JwksSource keys, String issuer, String audience, String roleClaim, UserMap map, Duration clockSkew) {
    public static final Duration DEFAULT_CLOCK_SKEW = Duration.ofSeconds(30);
}
