package dev.postern.gateway.console;

import java.util.Map;

/**
 * Where averages begin (PgBouncer: stats_period): at the end of the period before the last one that is over, so that they
 * are of one to two periods. Safe for use by all threads.
 */
public final class StatsPeriods {
    private record Moment(long micros, Map<String, Counters> totals) {}

    private Moment older;
    private Moment newer;

    public StatsPeriods(long nanoTime) {
        older = new Moment(nanoTime / 1000, Map.of());
        newer = older;
    }

    /** A period is over. */
    public synchronized void end(long nanoTime, Map<String, Counters> totals) {
        older = newer;
        newer = new Moment(nanoTime / 1000, Map.copyOf(totals));
    }

    synchronized Counters average(String database, Counters now, long nanoTime) {
        return now.averageSince(older.totals.getOrDefault(database, Counters.ZERO), nanoTime / 1000 - older.micros);
    }

    synchronized Counters averageOfAll(Counters now, long nanoTime) {
        Counters then = older.totals.values().stream().reduce(Counters.ZERO, Counters::plus);
        return now.averageSince(then, nanoTime / 1000 - older.micros);
    }
}
