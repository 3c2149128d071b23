package dev.postern.auth.kubernetes;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.postern.auth.Secret;
import dev.postern.auth.client.LoginFacts;
import dev.postern.auth.client.OutsideCheck;
import dev.postern.auth.client.Rejection;
import dev.postern.auth.kubernetes.api.ApiServer;
import dev.postern.auth.password.Fingerprints;
import dev.postern.auth.password.Fingerprints.Fingerprint;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Has the cluster judge a ServiceAccount's token. An answer is remembered for a minute, by the token's fingerprint, so that a
 * pool that fills does not ask for each connection; a token that is revoked can be used for that minute more.
 */
public final class TokenReviewCheck implements OutsideCheck {
    private static final Duration REMEMBER = Duration.ofMinutes(1);
    private static final int MAXIMUM_SIZE = 10_000;

    private final TokenReviewRules rules;
    private final TokenReviews reviews;
    private final Executor blocking;
    private final Fingerprints fingerprints = new Fingerprints();
    private final AsyncCache<Fingerprint, Review> reviewed;

    private sealed interface Review {
        /** @param user empty when the cluster does not know the token */
        record Answered(Optional<String> user) implements Review {}

        /** Not remembered: the next login asks again. */
        record Failed(IOException why) implements Review {}
    }

    /**
     * @param api stays open: others use it too
     * @param blocking virtual threads
     */
    public TokenReviewCheck(TokenReviewRules rules, ApiServer api, Executor blocking) {
        this(rules, api, blocking, Ticker.systemTicker());
    }

    TokenReviewCheck(TokenReviewRules rules, ApiServer api, Executor blocking, Ticker ticker) {
        this.rules = rules;
        this.reviews = new TokenReviews(api);
        this.blocking = blocking;
        this.reviewed = Caffeine.newBuilder()
                .maximumSize(MAXIMUM_SIZE)
                .expireAfterWrite(REMEMBER)
                .ticker(ticker)
                .executor(Runnable::run)
                .buildAsync();
    }

    @Override
    public CompletionStage<Verdict> check(LoginFacts facts, Secret secret) {
        if (secret.length() == 0) {
            return CompletableFuture.completedFuture(refused(facts, "it is empty"));
        }
        Fingerprint fingerprint = fingerprints.of(secret);
        // The review may outlive this login, whose secret is wiped: it has its own.
        CompletableFuture<Review> review =
                reviewed.get(fingerprint, (key, executor) -> review(Secret.ofBytes(secret.copy())));
        return review.thenApply(answer -> switch (answer) {
            case Review.Answered(Optional<String> user) -> judge(facts, user);
            case Review.Failed(IOException why) -> {
                reviewed.asMap().remove(fingerprint, review);
                throw new CompletionException(why);
            }
        });
    }

    private CompletableFuture<Review> review(Secret token) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (token) {
                        return new Review.Answered(reviews.review(rules, token));
                    } catch (IOException e) {
                        return new Review.Failed(e);
                    }
                },
                blocking);
    }

    private Verdict judge(LoginFacts facts, Optional<String> user) {
        if (user.isEmpty()) {
            return refused(facts, "the cluster does not know it for audience \"" + rules.audience() + "\"");
        }
        return rules.map().allows(user.get(), facts.user())
                ? new Verdict.Proved()
                : refused(facts, "\"" + user.get() + "\" may not be this role");
    }

    private static Verdict refused(LoginFacts facts, String why) {
        return new Verdict.Refused(new Rejection.TokenRefused(facts.user(), why));
    }
}
