package dev.postern.gateway.pool;

import java.time.Duration;

/**
 * What a pool is told by the configuration; names and meanings are PgBouncer's in camelCase.
 *
 * @param mode when a server goes back
 * @param defaultPoolSize most server connections of the pool, at least 1
 * @param minPoolSize connections kept open as long as the pool has clients
 * @param reservePoolSize connections beyond {@code defaultPoolSize}, opened once a client waited
 *     {@code reservePoolTimeout}
 * @param reservePoolTimeout how long a client waits before the reserve is used; zero: at once
 * @param queryWaitTimeout how long a client waits for a server; zero: for ever
 * @param serverLifetime an idle server older than this is closed (each one up to a tenth earlier, so that a pool filled
 *     at once is not emptied at once); zero: it is used once
 * @param serverIdleTimeout an idle server is closed after this time without use; zero: never
 * @param serverConnectTimeout from the first connect to the end of the server login
 * @param serverLoginRetry pause after a refused server login
 * @param serverCheckDelay a server idle for longer is checked before it is lent; zero: always checked
 * @param serverCheckQuery what checks it; empty: an empty query
 * @param serverResetQuery run in session mode before the server goes back; empty: none
 * @param maxPreparedStatements named statements kept on one server in transaction mode; zero: statement names pass
 *     through untouched
 * @param cancelWaitTimeout how long a cancel request may take to reach the server
 * @param queryWaitNotify after which wait a waiter is told that it waits; zero: never
 * @param maxDbConnections most server connections of the pools that share the database's limit; zero: no limit
 * @param maxUserConnections most server connections of the pools that share the role's limit; zero: no limit
 * @param serverRoundRobin lends the server that has idled longest, not the one used last
 * @param serverResetQueryAlways runs {@code serverResetQuery} in transaction mode too
 * @param serverFastClose in session mode a server that is to be replaced ends with the transaction, not the session
 * @param pinOnSessionState in transaction mode a client keeps its server while its session holds what cannot be carried
 */
public record PoolSettings(
        PoolMode mode,
        int defaultPoolSize,
        int minPoolSize,
        int reservePoolSize,
        Duration reservePoolTimeout,
        Duration queryWaitTimeout,
        Duration serverLifetime,
        Duration serverIdleTimeout,
        Duration serverConnectTimeout,
        Duration serverLoginRetry,
        Duration serverCheckDelay,
        String serverCheckQuery,
        String serverResetQuery,
        int maxPreparedStatements,
        Duration cancelWaitTimeout,
        Duration queryWaitNotify,
        int maxDbConnections,
        int maxUserConnections,
        boolean serverRoundRobin,
        boolean serverResetQueryAlways,
        boolean serverFastClose,
        boolean pinOnSessionState) {

    public PoolSettings {
        if (defaultPoolSize < 1) {
            throw new IllegalArgumentException("defaultPoolSize is " + defaultPoolSize + ", expected at least 1");
        }
    }

    /** PgBouncer's defaults, except that prepared statements are shared. */
    public static PoolSettings defaults() {
        return new PoolSettings(
                PoolMode.TRANSACTION,
                20,
                0,
                0,
                Duration.ofSeconds(5),
                Duration.ofMinutes(2),
                Duration.ofHours(1),
                Duration.ofMinutes(10),
                Duration.ofSeconds(15),
                Duration.ofSeconds(15),
                Duration.ofSeconds(30),
                "",
                "DISCARD ALL",
                200,
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                0,
                0,
                false,
                false,
                false,
                false);
    }

    public PoolSettings withServerCheckQuery(String query) {
        return copy(mode, defaultPoolSize, minPoolSize, reservePoolSize, query, maxUserConnections);
    }

    /** Of a pool whose server role has settings of its own. */
    public PoolSettings forUser(PoolMode itsMode, int poolSize, int reserve, int connections) {
        return copy(itsMode, poolSize, Math.min(minPoolSize, poolSize), reserve, serverCheckQuery, connections);
    }

    /** Of a pool that one client role has to itself: nothing is kept open without its clients. */
    public PoolSettings forOneRole(PoolMode itsMode) {
        return copy(itsMode, defaultPoolSize, 0, reservePoolSize, serverCheckQuery, maxUserConnections);
    }

    private PoolSettings copy(
            PoolMode itsMode, int size, int min, int reserve, String checkQuery, int userConnections) {
        return new PoolSettings(
                itsMode,
                size,
                min,
                reserve,
                reservePoolTimeout,
                queryWaitTimeout,
                serverLifetime,
                serverIdleTimeout,
                serverConnectTimeout,
                serverLoginRetry,
                serverCheckDelay,
                checkQuery,
                serverResetQuery,
                maxPreparedStatements,
                cancelWaitTimeout,
                queryWaitNotify,
                maxDbConnections,
                userConnections,
                serverRoundRobin,
                serverResetQueryAlways,
                serverFastClose,
                pinOnSessionState);
    }

    /** Whether the reset query is run before a server goes back. */
    public boolean resets() {
        return !serverResetQuery.isEmpty() && (mode == PoolMode.SESSION || serverResetQueryAlways);
    }

    public boolean sharesStatements() {
        return mode == PoolMode.TRANSACTION && maxPreparedStatements > 0;
    }
}
