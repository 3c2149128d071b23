package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import dev.postern.gateway.config.yaml.Durations;
import java.time.Duration;

/**
 * Timeouts of the gateway itself, and what a route's {@code timeouts} are when it does not say.
 *
 * @param clientLoginTimeout from accept to the first ReadyForQuery; default 60s (PgBouncer: client_login_timeout)
 * @param drainDelay after SIGTERM, how long new clients are still accepted while readiness is already off; default 5s
 * @param drainTimeout after the delay, how long transactions may go on; default 20s
 * @param queryTimeout see {@link RouteTimeoutsConfig}
 * @param idleTransactionTimeout see {@link RouteTimeoutsConfig}
 * @param transactionTimeout see {@link RouteTimeoutsConfig}
 * @param clientIdleTimeout see {@link RouteTimeoutsConfig}
 */
public record TimeoutsConfig(
        Duration clientLoginTimeout,
        Duration drainDelay,
        Duration drainTimeout,
        Duration queryTimeout,
        Duration idleTransactionTimeout,
        Duration transactionTimeout,
        Duration clientIdleTimeout)
        implements Checked {

    static final TimeoutsConfig DEFAULTS = new TimeoutsConfig(
            Duration.ofSeconds(60),
            Duration.ofSeconds(5),
            Duration.ofSeconds(20),
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO);

    @Override
    public void check(Checks checks) {
        checks.range("clientLoginTimeout", clientLoginTimeout, Duration.ofMillis(1), Duration.ofHours(1))
                .range("drainDelay", drainDelay, Duration.ZERO, Duration.ofHours(1))
                .range("drainTimeout", drainTimeout, Duration.ZERO, Durations.MAX);
        new RouteTimeoutsConfig(queryTimeout, idleTransactionTimeout, transactionTimeout, clientIdleTimeout)
                .check(checks);
    }
}
