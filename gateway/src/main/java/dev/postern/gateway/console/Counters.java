package dev.postern.gateway.console;

/**
 * What went through a database since the gateway began, in PgBouncer's terms. Times are in microseconds.
 *
 * @param serverAssignments servers lent to clients
 * @param transactions ended
 * @param queries ended; a pipeline up to its Sync is one
 * @param clientBytes from clients
 * @param serverBytes from servers
 * @param transactionTime in transactions
 * @param queryTime in queries
 * @param waitTime that clients waited for a server
 * @param clientParses Parse messages of clients
 * @param serverParses Parse messages to servers
 * @param binds Bind messages
 */
public record Counters(
        long serverAssignments,
        long transactions,
        long queries,
        long clientBytes,
        long serverBytes,
        long transactionTime,
        long queryTime,
        long waitTime,
        long clientParses,
        long serverParses,
        long binds) {
    public static final Counters ZERO = new Counters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private static final long SECOND = 1_000_000;

    public Counters plus(Counters other) {
        return new Counters(
                serverAssignments + other.serverAssignments,
                transactions + other.transactions,
                queries + other.queries,
                clientBytes + other.clientBytes,
                serverBytes + other.serverBytes,
                transactionTime + other.transactionTime,
                queryTime + other.queryTime,
                waitTime + other.waitTime,
                clientParses + other.clientParses,
                serverParses + other.serverParses,
                binds + other.binds);
    }

    /** Averages since then: counts a second, times for each query, transaction and assignment (PgBouncer: avg_). */
    Counters averageSince(Counters old, long microseconds) {
        if (microseconds <= 0) {
            return ZERO;
        }
        return new Counters(
                rate(serverAssignments - old.serverAssignments, microseconds),
                rate(transactions - old.transactions, microseconds),
                rate(queries - old.queries, microseconds),
                rate(clientBytes - old.clientBytes, microseconds),
                rate(serverBytes - old.serverBytes, microseconds),
                each(transactionTime - old.transactionTime, transactions - old.transactions),
                each(queryTime - old.queryTime, queries - old.queries),
                each(waitTime - old.waitTime, serverAssignments - old.serverAssignments),
                rate(clientParses - old.clientParses, microseconds),
                rate(serverParses - old.serverParses, microseconds),
                rate(binds - old.binds, microseconds));
    }

    private static long rate(long count, long microseconds) {
        return Math.max(0, SECOND * count / microseconds);
    }

    private static long each(long time, long count) {
        return count > 0 ? Math.max(0, time / count) : 0;
    }

    /** In the order of PgBouncer's columns. */
    Object[] values() {
        return new Object[] {
            serverAssignments,
            transactions,
            queries,
            clientBytes,
            serverBytes,
            transactionTime,
            queryTime,
            waitTime,
            clientParses,
            serverParses,
            binds
        };
    }
}
