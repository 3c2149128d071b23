package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import dev.postern.gateway.config.yaml.Durations;
import java.time.Duration;

/**
 * Timeouts of a route's clients, with PgBouncer's names and meaning; all off (0) by default.
 *
 * @param queryTimeout longest query (query_timeout)
 * @param idleTransactionTimeout longest pause inside a transaction (idle_transaction_timeout)
 * @param transactionTimeout longest transaction (transaction_timeout)
 * @param clientIdleTimeout longest pause outside a transaction (client_idle_timeout)
 */
public record RouteTimeoutsConfig(
        Duration queryTimeout, Duration idleTransactionTimeout, Duration transactionTimeout, Duration clientIdleTimeout)
        implements Checked {

    static final RouteTimeoutsConfig DEFAULTS =
            new RouteTimeoutsConfig(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    @Override
    public void check(Checks checks) {
        checks.range("queryTimeout", queryTimeout, Duration.ZERO, Durations.MAX)
                .range("idleTransactionTimeout", idleTransactionTimeout, Duration.ZERO, Durations.MAX)
                .range("transactionTimeout", transactionTimeout, Duration.ZERO, Durations.MAX)
                .range("clientIdleTimeout", clientIdleTimeout, Duration.ZERO, Durations.MAX);
    }
}
