package dev.postern.gateway.pool;

import java.time.Duration;

/**
 * When the next server of an older generation is replaced: evenly over seven eighths of the time in which old ones are
 * lent on. A login and a connection's first statements cost the server far more than those that follow, so all at once
 * would be felt by whoever asks just then. Used on the pool's loop.
 */
final class ReplacementPace {
    private long pauseNanos;
    private long next;

    ReplacementPace(long now) {
        this.next = now;
    }

    /** So many are to be replaced in this time; zero: without pauses. */
    void begin(int servers, Duration time, long now) {
        pauseNanos = time.toNanos() / 8 * 7 / Math.max(1, servers);
        next = now;
    }

    boolean mayReplace(long now) {
        return now - next >= 0;
    }

    /** One is being replaced. Returns when to come again. */
    Duration replacing(long now) {
        next = now + pauseNanos;
        return Duration.ofNanos(pauseNanos);
    }
}
