package dev.postern.auth.credentials.vault;

import java.time.Duration;
import java.time.Instant;

/**
 * The bound on requests to one Vault: a bucket that may go into debt, so that every request learns at once how long it
 * has to wait for its turn. Not thread-safe.
 */
final class RequestBucket {
    private final double perSecond;
    private final double burst;
    private double filled;
    private Instant at;

    RequestBucket(double perSecond, int burst, Instant now) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.filled = burst;
        this.at = now;
    }

    /** Takes one place and tells when it comes up. */
    Duration take(Instant now) {
        double elapsed = Math.max(0, Duration.between(at, now).toNanos()) / 1e9;
        filled = Math.min(burst, filled + elapsed * perSecond);
        at = now;
        filled -= 1;
        return filled >= 0 ? Duration.ZERO : Duration.ofNanos((long) (-filled / perSecond * 1e9));
    }
}
