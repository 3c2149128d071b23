package dev.postern.gateway.pool;

/**
 * Counters of one pool since it began. Written on the pool's loop by plain writes; another thread that reads them may be
 * a moment behind, never wrong for long. Times are in nanoseconds.
 */
public final class PoolStats {
    public long serverAssignments;
    public long transactions;
    public long queries;
    public long bytesReceived;
    public long bytesSent;
    public long transactionTime;
    public long queryTime;
    public long waitTime;
    public long clientParses;
    public long serverParses;
    public long binds;
    public long serversOpened;
    public long serverFailures;
    /** By {@link ServerFailure.Kind#ordinal}. */
    public final long[] failuresByKind = new long[ServerFailure.Kind.values().length];
    /** By {@link CloseReason#ordinal}. */
    public final long[] serversClosed = new long[CloseReason.values().length];
}
