package dev.postern.gateway.pool;

import java.time.Duration;

/**
 * When the next server connection may be opened after failures. A server that does not answer is tried again soon, so
 * that a restart is over for clients within a second of its end; a refused login waits for {@code serverLoginRetry},
 * since nothing but an administrator (or a new credential) will change the answer.
 */
final class OpenBackOff {
    private static final Duration FIRST = Duration.ofMillis(50);
    private static final Duration MOST = Duration.ofMillis(500);

    private final Duration loginRetry;
    private int failures;
    private long notBefore;
    private boolean failing;

    OpenBackOff(Duration loginRetry) {
        this.loginRetry = loginRetry;
    }

    Duration failed(ServerFailure failure, long now) {
        Duration pause = failure.passes() ? quick(failures) : loginRetry;
        failures++;
        failing = true;
        notBefore = now + pause.toNanos();
        return pause;
    }

    /** A connection came that is of no use: opened with a credential, or before a reconnect, that is out of date. */
    Duration wasted(long now) {
        Duration pause = quick(failures);
        failures++;
        failing = true;
        notBefore = now + pause.toNanos();
        return pause;
    }

    private static Duration quick(int failures) {
        Duration pause = FIRST.multipliedBy(1L << Math.min(failures, 10));
        return pause.compareTo(MOST) < 0 ? pause : MOST;
    }

    void clear() {
        failures = 0;
        failing = false;
    }

    boolean mayOpen(long now) {
        return !failing || now - notBefore >= 0;
    }
}
