package dev.postern.auth.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.postern.auth.Secret;
import dev.postern.auth.client.LoginFacts;
import dev.postern.auth.client.OutsideCheck;
import dev.postern.auth.client.Rejection;
import java.io.IOException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Judges a signed token: algorithm, signature, issuer, audience, times, and the claim that names roles. */
public final class JwtCheck implements OutsideCheck {
    /** Public-key signatures only: with a shared secret whoever checks could also forge, and {@code none} proves nothing. */
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512);

    private final JwtRules rules;
    private final JwksCache keys;
    private final Executor blocking;
    private final Clock clock;

    /** @param blocking where keys are read and signatures checked: virtual threads */
    public JwtCheck(JwtRules rules, JwksCache keys, Executor blocking, Clock clock) {
        this.rules = rules;
        this.keys = keys;
        this.blocking = blocking;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Verdict> check(LoginFacts facts, Secret secret) {
        return CompletableFuture.supplyAsync(() -> judge(facts.user(), secret), blocking);
    }

    private Verdict judge(String user, Secret secret) {
        try {
            Optional<String> wrong = problem(user, SignedJWT.parse(secret.reveal()));
            return wrong.isEmpty()
                    ? new Verdict.Proved()
                    : new Verdict.Refused(new Rejection.TokenRefused(user, wrong.get()));
        } catch (ParseException notAToken) {
            // Its message quotes what was sent, which may be a password.
            return new Verdict.Refused(new Rejection.TokenRefused(user, "it is no signed JWT"));
        } catch (JOSEException e) {
            return new Verdict.Refused(new Rejection.TokenRefused(user, "its signature cannot be checked"));
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    private Optional<String> problem(String user, SignedJWT token) throws ParseException, JOSEException, IOException {
        JWSAlgorithm algorithm = token.getHeader().getAlgorithm();
        if (!ALGORITHMS.contains(algorithm)) {
            return Optional.of("algorithm " + algorithm + " is not accepted");
        }
        if (!signed(token, keys.get(rules.keys())) && !signed(token, keys.getAgain(rules.keys()))) {
            return Optional.of("no key of the issuer signed it");
        }
        JWTClaimsSet claims = token.getJWTClaimsSet();
        if (!rules.issuer().equals(claims.getIssuer())) {
            return Optional.of("its issuer is \"" + claims.getIssuer() + "\"");
        }
        if (!claims.getAudience().contains(rules.audience())) {
            return Optional.of("its audience is " + claims.getAudience());
        }
        return untimely(claims).or(() -> foreign(user, claims));
    }

    private static boolean signed(SignedJWT token, JWKSet set) throws JOSEException {
        for (JWK key : new JWKSelector(JWKMatcher.forJWSHeader(token.getHeader())).select(set)) {
            if (key instanceof AsymmetricJWK pair
                    && token.verify(
                            new DefaultJWSVerifierFactory().createJWSVerifier(token.getHeader(), pair.toPublicKey()))) {
                return true;
            }
        }
        return false;
    }

    private Optional<String> untimely(JWTClaimsSet claims) {
        Instant now = clock.instant();
        Date expires = claims.getExpirationTime();
        if (expires == null) {
            return Optional.of("it never expires");
        }
        if (!now.isBefore(expires.toInstant().plus(rules.clockSkew()))) {
            return Optional.of("it expired at " + expires.toInstant());
        }
        Date begins = claims.getNotBeforeTime();
        return begins != null && now.isBefore(begins.toInstant().minus(rules.clockSkew()))
                ? Optional.of("it is not valid before " + begins.toInstant())
                : Optional.empty();
    }

    private Optional<String> foreign(String user, JWTClaimsSet claims) {
        List<String> roles = RoleClaim.values(claims.getClaims(), rules.roleClaim());
        return roles.stream().anyMatch(role -> rules.map().allows(role, user))
                ? Optional.empty()
                : Optional.of("claim \"" + rules.roleClaim() + "\" does not name this role");
    }
}
