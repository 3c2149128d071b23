package dev.postern.gateway.pool;

import java.time.Duration;

/** What a pool holds at one moment (the columns of PgBouncer's SHOW POOLS that concern servers and waiters). */
public record PoolView(int waiting, int active, int idle, int tested, int opening, Duration longestWait) {
    /** Server connections that exist. */
    public int servers() {
        return active + idle + tested;
    }
}
