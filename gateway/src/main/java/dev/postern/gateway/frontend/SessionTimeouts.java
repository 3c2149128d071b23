package dev.postern.gateway.frontend;

import java.time.Duration;

/**
 * Limits on a session's time; zero: none. Names and meanings are PgBouncer's.
 *
 * @param clientIdleTimeout without a transaction and without a request
 * @param idleTransactionTimeout in a transaction and without a request
 * @param transactionTimeout from the first request of a transaction to its end
 * @param queryTimeout from a request to ReadyForQuery
 */
public record SessionTimeouts(
        Duration clientIdleTimeout,
        Duration idleTransactionTimeout,
        Duration transactionTimeout,
        Duration queryTimeout) {
    public static final SessionTimeouts NONE =
            new SessionTimeouts(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    boolean any() {
        return !equals(NONE);
    }

    static boolean passed(Duration limit, long since, long now) {
        return !limit.isZero() && now - since >= limit.toNanos();
    }
}
