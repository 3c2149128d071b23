package dev.postern.auth.credentials.vault;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much of a lease's life a new transaction must still find. Before anything is known, and for two lives after that, it
 * is a little more than half of the life (at most five minutes), so that a transaction of half the life commits whenever it
 * begins; later it follows the longest transaction of the last one to two days. Less reserve means fewer roles made.
 *
 * <pre>
 *   issued ... successor is made | old connections are lent on | transactions end | margin | last possible end
 *                                |&lt;-- {@link #handOver} ------>|&lt;-- {@link #forTransactions} -->|
 * </pre>
 */
final class TransactionReserve {
    private static final int HALF = 2;
    private static final int LEAST_PART = 10;
    private static final Duration SAFE_MAX = Duration.ofMinutes(5);
    private static final Duration WINDOW = Duration.ofDays(1);

    /** A transaction is more than its statements; a twentieth of the half is for what lies between them. */
    private static final int SLACK_PART = 40;

    private static final Duration MOST_SLACK = Duration.ofSeconds(1);

    /** Vault counts a max TTL in whole seconds, so that each renewal moves the lease's last end by up to one. */
    private static final Duration WHOLE_SECOND = Duration.ofSeconds(1);

    private static final int WHOLE_SECOND_PART = 10;

    private static final int HAND_OVER_PART = 10;
    private static final int LEISURELY_HAND_OVER_PART = 6;
    private static final Duration MOST_HAND_OVER = Duration.ofSeconds(30);

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

    /** Before the margin; under the lock of the credential that asks. */
    Duration forTransactions(Duration life, Instant now) {
        long peak = roll(now);
        Duration half = life.dividedBy(HALF);
        Duration longest = isKnown(peak, life, now)
                ? greater(Duration.ofNanos(peak + peak / 4), least(life.dividedBy(LEAST_PART), SAFE_MAX))
                : least(half, SAFE_MAX);
        return least(longest, half)
                .plus(least(life.dividedBy(SLACK_PART), MOST_SLACK))
                .plus(least(life.dividedBy(WHOLE_SECOND_PART), WHOLE_SECOND));
    }

    /** How long transactions last is known, since they were seen for two lives. */
    private boolean isKnown(long peak, Duration life, Instant now) {
        return peak >= 0 && knownSince.isBefore(now.minus(life.multipliedBy(2)));
    }

    /**
     * In which connections of the new role are opened one by one, while those of the old one are lent on. Where short
     * transactions leave the time for it, more of it: the slower, the less is felt.
     */
    Duration handOver(Duration life, Instant now) {
        boolean leisurely = isKnown(roll(now), life, now)
                && forTransactions(life, now).multipliedBy(4).compareTo(life) < 0;
        return least(life.dividedBy(leisurely ? LEISURELY_HAND_OVER_PART : HAND_OVER_PART), MOST_HAND_OVER);
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

    private static Duration least(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Duration greater(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
