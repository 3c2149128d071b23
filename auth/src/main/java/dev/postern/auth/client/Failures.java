package dev.postern.auth.client;

import java.time.Duration;

/** The failures of one address or user. Attempts that have to pause queue behind one another. */
final class Failures {
    private final ThrottleLimits limits;
    private int count;
    private long forgivenTo;
    private long nextAttempt;

    Failures(ThrottleLimits limits, long now) {
        this.limits = limits;
        this.forgivenTo = now;
        this.nextAttempt = now;
    }

    /** How long an attempt made now would have to wait. */
    synchronized long untilNext(long now) {
        forgive(now);
        return limits.pause(count).isZero() ? 0 : Math.max(0, nextAttempt - now);
    }

    /** An attempt takes the place that {@link #untilNext} told: the next one comes a pause later. */
    synchronized void attempt(long now) {
        forgive(now);
        Duration pause = limits.pause(count);
        if (!pause.isZero()) {
            nextAttempt = Math.max(now, nextAttempt) + pause.toNanos();
        }
    }

    synchronized int count(long now) {
        forgive(now);
        return count;
    }

    /** @return whether this failure was still free */
    synchronized boolean failed(long now) {
        forgive(now);
        count++;
        Duration pause = limits.pause(count);
        if (!pause.isZero()) {
            nextAttempt = Math.max(nextAttempt, now + pause.toNanos());
        }
        return pause.isZero();
    }

    private void forgive(long now) {
        long each = limits.forgive().toNanos();
        long forgiven = (now - forgivenTo) / each;
        forgivenTo += forgiven * each;
        count = (int) Math.max(0, count - forgiven);
    }
}
