package dev.postern.auth.credentials;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Exponential back-off with full jitter: each wait is drawn from zero (well, a tenth) to a ceiling that doubles. Not thread-safe. */
public final class Backoff {
    private final Duration first;
    private final Duration max;
    private final RandomGenerator random;
    private int failures;

    public Backoff(Duration first, Duration max, RandomGenerator random) {
        this.first = first;
        this.max = max;
        this.random = random;
    }

    public void reset() {
        failures = 0;
    }

    public Duration next() {
        long ceiling = first.toNanos();
        for (int i = 0; i < failures && ceiling < max.toNanos(); i++) {
            ceiling *= 2;
        }
        failures++;
        ceiling = Math.min(ceiling, max.toNanos());
        return Duration.ofNanos(random.nextLong(ceiling / 10, ceiling + 1));
    }
}
