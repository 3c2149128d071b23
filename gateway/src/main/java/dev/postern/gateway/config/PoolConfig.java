package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import dev.postern.gateway.config.yaml.Durations;
import java.time.Duration;

/**
 * How a route's server connections are shared. Names and defaults are PgBouncer's (in its spelling: default_pool_size),
 * unless said otherwise. 0 switches a limit or a timeout off where the range allows it.
 *
 * @param mode default {@code session}
 * @param defaultPoolSize server connections of one pool; default 20
 * @param minPoolSize connections kept open; default 0
 * @param reservePoolSize connections on top when clients wait; default 0
 * @param reservePoolTimeout how long a client waits before the reserve is touched; default 5s
 * @param queryWaitTimeout how long a client waits for a server; default 2m; 0: for ever
 * @param queryWaitNotify after which wait the client gets a NOTICE; default 5s; 0: never
 * @param serverLifetime age at which an unused connection is closed; default 1h; 0: after its first use
 * @param serverIdleTimeout idle time after which a connection is closed; default 10m; 0: never
 * @param serverConnectTimeout limit of connect and login; default 15s
 * @param serverLoginRetry pause after a failed login; default 15s
 * @param serverCheckDelay idle time after which a connection is tested before it is lent; default 30s; 0: always
 * @param serverCheckQuery what tests it; default empty: an empty query
 * @param serverResetQuery what cleans it between sessions; default {@code DISCARD ALL}; empty: nothing
 * @param maxPreparedStatements named statements kept on one server connection; default 200; 0: not tracked
 * @param maxDbConnections server connections of one database of the route over all its pools; default 0: no limit
 * @param maxUserConnections server connections of one server role over all pools; default 0: no limit
 * @param autodbIdleTimeout after which time without clients and servers the pool of a database that clients choose is
 *     forgotten with its statistics; default 1h; 0: never
 * @param cancelWaitTimeout how long a cancel request waits for a connection; default 10s; 0: for ever
 * @param pinOnSessionState transaction mode only: keep the server while the session holds what cannot be carried over;
 *     default false; not in PgBouncer
 * @param serverRoundRobin lend the connection that has idled longest instead of the one used last; default false
 * @param serverResetQueryAlways run {@code serverResetQuery} in transaction mode too; default false
 * @param applicationNameAddHost the client's address stands behind its application_name at the start; default false
 * @param disablePqexec a client that sends a simple query is ended: one message with several statements is none of the
 *     extended protocol; default false
 * @param serverFastClose session mode: a connection to be replaced ends with the transaction; default false
 */
public record PoolConfig(
        PoolMode mode,
        int defaultPoolSize,
        int minPoolSize,
        int reservePoolSize,
        Duration reservePoolTimeout,
        Duration queryWaitTimeout,
        Duration queryWaitNotify,
        Duration serverLifetime,
        Duration serverIdleTimeout,
        Duration serverConnectTimeout,
        Duration serverLoginRetry,
        Duration serverCheckDelay,
        String serverCheckQuery,
        String serverResetQuery,
        int maxPreparedStatements,
        int maxDbConnections,
        int maxUserConnections,
        Duration autodbIdleTimeout,
        Duration cancelWaitTimeout,
        boolean pinOnSessionState,
        boolean serverRoundRobin,
        boolean serverResetQueryAlways,
        boolean applicationNameAddHost,
        boolean disablePqexec,
        boolean serverFastClose)
        implements Checked {

    /** What a key is when neither the route nor the top level has it. */
    public static final PoolConfig DEFAULTS = new PoolConfig(
            PoolMode.SESSION,
            20,
            0,
            0,
            Duration.ofSeconds(5),
            Duration.ofMinutes(2),
            Duration.ofSeconds(5),
            Duration.ofHours(1),
            Duration.ofMinutes(10),
            Duration.ofSeconds(15),
            Duration.ofSeconds(15),
            Duration.ofSeconds(30),
            "",
            "DISCARD ALL",
            200,
            0,
            0,
            Duration.ofHours(1),
            Duration.ofSeconds(10),
            false,
            false,
            false,
            false,
            false,
            false);

    /** PostgreSQL's own upper bound of max_connections. */
    static final int MAX_CONNECTIONS = 262_143;

    private static final int MAX_STATEMENTS = 100_000;

    private static final Duration MILLISECOND = Duration.ofMillis(1);

    @Override
    public void check(Checks checks) {
        checks.range("defaultPoolSize", defaultPoolSize, 1, MAX_CONNECTIONS)
                .range("minPoolSize", minPoolSize, 0, MAX_CONNECTIONS)
                .range("reservePoolSize", reservePoolSize, 0, MAX_CONNECTIONS)
                .range("reservePoolTimeout", reservePoolTimeout, Duration.ZERO, Durations.MAX)
                .range("queryWaitTimeout", queryWaitTimeout, Duration.ZERO, Durations.MAX)
                .range("queryWaitNotify", queryWaitNotify, Duration.ZERO, Durations.MAX)
                .range("serverLifetime", serverLifetime, Duration.ZERO, Durations.MAX)
                .range("serverIdleTimeout", serverIdleTimeout, Duration.ZERO, Durations.MAX)
                .range("serverConnectTimeout", serverConnectTimeout, MILLISECOND, Durations.MAX)
                .range("serverLoginRetry", serverLoginRetry, MILLISECOND, Durations.MAX)
                .range("serverCheckDelay", serverCheckDelay, Duration.ZERO, Durations.MAX)
                .range("maxPreparedStatements", maxPreparedStatements, 0, MAX_STATEMENTS)
                .range("maxDbConnections", maxDbConnections, 0, MAX_CONNECTIONS)
                .range("maxUserConnections", maxUserConnections, 0, MAX_CONNECTIONS)
                .range("autodbIdleTimeout", autodbIdleTimeout, Duration.ZERO, Durations.MAX)
                .range("cancelWaitTimeout", cancelWaitTimeout, Duration.ZERO, Durations.MAX)
                .problem(
                        minPoolSize > defaultPoolSize,
                        "minPoolSize",
                        minPoolSize + " is more than defaultPoolSize, which is " + defaultPoolSize,
                        "at most defaultPoolSize");
    }
}
