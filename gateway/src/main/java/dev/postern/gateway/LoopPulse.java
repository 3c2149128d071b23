package dev.postern.gateway;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How punctual an event loop is, told by work that it does at regular intervals: nothing is asked of the loop when somebody
 * looks. {@link #beat} is called on the loop, the rest on any thread.
 */
final class LoopPulse {
    private static final long WINDOW_NANOS = Duration.ofSeconds(15).toNanos();

    private final long intervalNanos;
    private final LongSupplier nanoTime;
    private volatile long last;
    private volatile long worst;
    private volatile long worstBefore;
    private long windowBegan;

    LoopPulse(Duration interval, LongSupplier nanoTime) {
        this.intervalNanos = interval.toNanos();
        this.nanoTime = nanoTime;
        this.last = nanoTime.getAsLong();
        this.windowBegan = last;
    }

    void beat() {
        long now = nanoTime.getAsLong();
        if (now - windowBegan >= WINDOW_NANOS) {
            windowBegan = now;
            worstBefore = worst;
            worst = 0;
        }
        worst = Math.max(worst, lateness(now));
        last = now;
    }

    private long lateness(long now) {
        return Math.max(0, now - last - intervalNanos);
    }

    /** Since the last beat. */
    Duration silence() {
        return Duration.ofNanos(nanoTime.getAsLong() - last);
    }

    /** The latest beat of the last 15 to 30 seconds, by how much; also one that has not come yet. */
    Duration lag() {
        long pending = lateness(nanoTime.getAsLong());
        return Duration.ofNanos(Math.max(pending, Math.max(worst, worstBefore)));
    }
}
