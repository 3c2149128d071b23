package dev.postern.gateway.relay;

/**
 * What went through the links of one pool since it began. Written on the pool's loop by plain writes; another thread that
 * reads may be a moment behind. Times are in nanoseconds.
 */
public final class Traffic {
    public long transactions;
    public long queries;
    public long bytesFromClients;
    public long bytesFromServers;
    public long transactionTime;
    public long queryTime;
    public long clientParses;
    public long serverParses;
    public long binds;
}
