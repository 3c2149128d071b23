package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import dev.postern.gateway.config.yaml.Durations;
import java.time.Duration;
import java.util.Optional;

/**
 * What is different for one user (PgBouncer's section [users]); a key that is absent is as for everybody. Keys of pools
 * concern pools whose server role has the name, the others clients who log in by it.
 *
 * @param poolMode of pools of the role
 * @param poolSize {@code pool.defaultPoolSize} of pools of the role
 * @param reservePoolSize of pools of the role
 * @param maxUserConnections server connections of the role over all pools; 0: no limit
 * @param maxUserClientConnections clients of the user; 0: no limit. At the top level over all routes, in a route those of it
 * @param queryTimeout longest query
 * @param queryWaitTimeout how long a client waits for a server connection; 0: for ever
 * @param idleTransactionTimeout longest pause inside a transaction
 * @param transactionTimeout longest transaction
 * @param clientIdleTimeout longest pause outside a transaction
 */
public record UserConfig(
        Optional<PoolMode> poolMode,
        Optional<Integer> poolSize,
        Optional<Integer> reservePoolSize,
        Optional<Integer> maxUserConnections,
        Optional<Integer> maxUserClientConnections,
        Optional<Duration> queryTimeout,
        Optional<Duration> queryWaitTimeout,
        Optional<Duration> idleTransactionTimeout,
        Optional<Duration> transactionTimeout,
        Optional<Duration> clientIdleTimeout)
        implements Checked {
    private static final int MAX_CLIENTS = 1_000_000;

    /** This one of a route, over the same user's at the top level; limits on clients are counted apart. */
    UserConfig over(UserConfig top) {
        return new UserConfig(
                poolMode.or(top::poolMode),
                poolSize.or(top::poolSize),
                reservePoolSize.or(top::reservePoolSize),
                maxUserConnections.or(top::maxUserConnections),
                maxUserClientConnections,
                queryTimeout.or(top::queryTimeout),
                queryWaitTimeout.or(top::queryWaitTimeout),
                idleTransactionTimeout.or(top::idleTransactionTimeout),
                transactionTimeout.or(top::transactionTimeout),
                clientIdleTimeout.or(top::clientIdleTimeout));
    }

    /** What a route that says nothing of the user has. */
    UserConfig inRoute() {
        return new UserConfig(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty())
                .over(this);
    }

    @Override
    public void check(Checks checks) {
        poolSize.ifPresent(size -> checks.range("poolSize", size, 1, PoolConfig.MAX_CONNECTIONS));
        reservePoolSize.ifPresent(size -> checks.range("reservePoolSize", size, 0, PoolConfig.MAX_CONNECTIONS));
        maxUserConnections.ifPresent(most -> checks.range("maxUserConnections", most, 0, PoolConfig.MAX_CONNECTIONS));
        maxUserClientConnections.ifPresent(most -> checks.range("maxUserClientConnections", most, 0, MAX_CLIENTS));
        timeout(checks, "queryTimeout", queryTimeout);
        timeout(checks, "queryWaitTimeout", queryWaitTimeout);
        timeout(checks, "idleTransactionTimeout", idleTransactionTimeout);
        timeout(checks, "transactionTimeout", transactionTimeout);
        timeout(checks, "clientIdleTimeout", clientIdleTimeout);
    }

    private static void timeout(Checks checks, String key, Optional<Duration> value) {
        value.ifPresent(time -> checks.range(key, time, Duration.ZERO, Durations.MAX));
    }
}
