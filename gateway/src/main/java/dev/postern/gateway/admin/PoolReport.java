package dev.postern.gateway.admin;

import dev.postern.gateway.pool.PoolView;
import java.util.Map;

/**
 * A pool. Counters are since the gateway's start and outlive reloads; times are in nanoseconds.
 *
 * @param database its backend database
 * @param sessions clients that are logged in
 * @param pinned those of them that keep their server in transaction mode
 * @param listening those of them that the pool's listener hears for
 * @param view servers and waiters now
 * @param servers what became of its server connections
 * @param traffic what went through them
 * @param statements prepared statements that its clients and servers know
 */
public record PoolReport(
        String database,
        int sessions,
        int pinned,
        int listening,
        PoolView view,
        Servers servers,
        Traffic traffic,
        Statements statements) {

    /**
     * Counters of server connections.
     *
     * @param checkouts how often one was lent
     * @param waitTime how long clients waited for one, all together
     * @param opened logins to the server that succeeded
     * @param failures logins that did not, by reason
     * @param closed connections that ended, by reason
     */
    public record Servers(
            long checkouts, long waitTime, long opened, Map<String, Long> failures, Map<String, Long> closed) {
        public Servers {
            failures = Map.copyOf(failures);
            closed = Map.copyOf(closed);
        }
    }

    /** Counters of what clients did. */
    public record Traffic(
            long transactions,
            long queries,
            long transactionTime,
            long queryTime,
            long bytesFromClients,
            long bytesFromServers) {}

    /**
     * Prepared statements.
     *
     * @param distinct known now, each text once
     * @param bytes of their texts
     * @param clientParses Parse messages of clients
     * @param serverParses Parse messages sent to servers
     * @param binds Bind messages
     */
    public record Statements(int distinct, long bytes, long clientParses, long serverParses, long binds) {}
}
