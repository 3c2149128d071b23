package dev.postern.auth.credentials.vault;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much of a lease's life a new transaction must still find. Before anything is known it is a little more than half
 * of the life (at most five minutes), so that a transaction as long as nearly half the life always commits; later it
 * follows the longest transaction of the last ten to twenty minutes. Less reserve means fewer roles made.
 */
final class TransactionReserve {
    private static final double SAFE_SHARE = 0.55;
    private static final double LEAST_SHARE = 0.15;
    private static final Duration SAFE_MAX = Duration.ofMinutes(5);
    private static final Duration WINDOW = Duration.ofMinutes(10);
    private static final Duration SLACK = Duration.ofSeconds(1);

    private final AtomicLong peakNanos = new AtomicLong(-1);
    private long earlierPeakNanos = -1;
    private Instant windowBegan = Instant.MIN;
    private Instant knownSince = Instant.MAX;

    /** Any thread; one read in the common case. */
    void transactionEnded(Duration lasted) {
        long nanos = lasted.toNanos();
        if (nanos > peakNanos.get()) {
            peakNanos.accumulateAndGet(nanos, Math::max);
        }
    }

    /** Under the lock of the credential that asks. */
    Duration of(Duration life, Duration margin, Instant now) {
        long peak = roll(now);
        Duration most = scale(life, SAFE_SHARE);
        boolean known = peak >= 0 && knownSince.isBefore(now.minus(life));
        if (!known) {
            return most.compareTo(SAFE_MAX) > 0 ? SAFE_MAX : most;
        }
        Duration wanted = Duration.ofNanos(peak + peak / 4).plus(margin).plus(SLACK);
        Duration least = scale(life, LEAST_SHARE);
        least = least.compareTo(SAFE_MAX) > 0 ? SAFE_MAX : least;
        wanted = wanted.compareTo(least) < 0 ? least : wanted;
        return wanted.compareTo(most) > 0 ? most : wanted;
    }

    private long roll(Instant now) {
        long peak = peakNanos.get();
        if (peak >= 0 && knownSince.equals(Instant.MAX)) {
            knownSince = now;
        }
        if (windowBegan.equals(Instant.MIN)) {
            windowBegan = now;
        } else if (now.isAfter(windowBegan.plus(WINDOW))) {
            earlierPeakNanos = peakNanos.getAndSet(-1);
            windowBegan = now;
        }
        return Math.max(peak, earlierPeakNanos);
    }

    private static Duration scale(Duration duration, double share) {
        return Duration.ofNanos((long) (duration.toNanos() * share));
    }
}
