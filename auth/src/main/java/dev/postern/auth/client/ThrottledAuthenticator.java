package dev.postern.auth.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Another authenticator behind a {@link LoginThrottle}: pauses or refuses before it asks, and again before it judges what the
 * client answers if others have failed meanwhile; and tells how it ended.
 */
public final class ThrottledAuthenticator implements ClientAuthenticator {
    private final ClientAuthenticator inner;
    private final Supplier<LoginThrottle> throttles;
    private final Pauses pauses;
    private final UnaryOperator<LoginFacts> counted;

    /** How time passes; a test has its own. */
    interface Pauses {
        CompletionStage<Void> pause(Duration pause, Executor then);
    }

    /** @param throttle the one in force: a login keeps that of its beginning */
    public ThrottledAuthenticator(ClientAuthenticator inner, Supplier<LoginThrottle> throttle) {
        this(inner, throttle, ThrottledAuthenticator::later, UnaryOperator.identity());
    }

    ThrottledAuthenticator(ClientAuthenticator inner, Supplier<LoginThrottle> throttle, Pauses pauses) {
        this(inner, throttle, pauses, UnaryOperator.identity());
    }

    private ThrottledAuthenticator(
            ClientAuthenticator inner,
            Supplier<LoginThrottle> throttle,
            Pauses pauses,
            UnaryOperator<LoginFacts> counted) {
        this.inner = inner;
        this.throttles = throttle;
        this.pauses = pauses;
        this.counted = counted;
    }

    /** For clients that a route shuts out: they are slowed as others are, and slow none of those who may come in. */
    public static ThrottledAuthenticator ofStrangers(ClientAuthenticator inner, Supplier<LoginThrottle> throttle) {
        return new ThrottledAuthenticator(
                inner,
                throttle,
                ThrottledAuthenticator::later,
                facts -> facts.route().isEmpty() ? facts : facts.ofRoute("strangers of " + facts.route()));
    }

    private static CompletionStage<Void> later(Duration pause, Executor then) {
        return CompletableFuture.runAsync(
                () -> {}, CompletableFuture.delayedExecutor(pause.toNanos(), TimeUnit.NANOSECONDS, then));
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        return new Throttled(counted.apply(facts), inner.begin(facts, loop), loop);
    }

    private final class Throttled implements Exchange {
        private final LoginFacts facts;
        private final Exchange exchange;
        private final LoginThrottle throttle = throttles.get();
        private final Executor loop;
        /** While it pauses a message is out of turn, as it is for the exchange that has not started. */
        private boolean closed;

        /** Those that were known when this attempt was last let through. */
        private int failures;

        Throttled(LoginFacts facts, Exchange exchange, Executor loop) {
            this.facts = facts;
            this.exchange = exchange;
            this.loop = loop;
        }

        @Override
        public Step start() {
            return throttled(exchange::start);
        }

        private Step throttled(Supplier<Step> next) {
            failures = throttle.failures(facts);
            return switch (throttle.attempt(facts)) {
                case LoginThrottle.Verdict.Refuse(Rejection.Throttled why) -> new Step.Rejected(why);
                case LoginThrottle.Verdict.Go(Duration pause) ->
                    pause.isZero()
                            ? watched(next.get())
                            : new Step.Later(pauses.pause(pause, loop).thenCompose(done -> flat(afterPause(next))));
            };
        }

        private Step afterPause(Supplier<Step> next) {
            return closed
                    ? new Step.Rejected(new Rejection.ProtocolError("login ended before its turn"))
                    : watched(next.get());
        }

        /** Guesses that were all begun before the first one failed get no more than those that come one after the other. */
        private Step judged(Supplier<Step> next) {
            return throttle.failures(facts) > failures ? throttled(next) : watched(next.get());
        }

        private static CompletionStage<Step> flat(Step step) {
            return step instanceof Step.Later(var stage) ? stage : CompletableFuture.completedFuture(step);
        }

        @Override
        public Step onSaslInitial(String mechanism, byte[] response) {
            return judged(() -> exchange.onSaslInitial(mechanism, response));
        }

        @Override
        public Step onSaslResponse(byte[] data) {
            return judged(() -> exchange.onSaslResponse(data));
        }

        @Override
        public Step onPassword(byte[] password) {
            return judged(() -> exchange.onPassword(password));
        }

        @Override
        public void close() {
            closed = true;
            exchange.close();
        }

        private Step watched(Step step) {
            switch (step) {
                case Step.Accepted accepted -> throttle.succeeded(facts);
                case Step.Rejected(Rejection.PasswordFailed why) -> throttle.failed(facts);
                case Step.Later(var stage) -> {
                    return new Step.Later(stage.thenApply(this::watched));
                }
                case Step.Rejected other -> {}
                case Step.AskSasl ask -> {}
                case Step.SaslContinue ask -> {}
                case Step.AskPassword ask -> {}
                case Step.AskMd5 ask -> {}
            }
            return step;
        }
    }
}
