package dev.postern.gateway.pool;

/** When a server connection goes back to its pool (PgBouncer's {@code pool_mode}). */
public enum PoolMode {
    /** When the client disconnects. */
    SESSION,
    /** At the end of each transaction. */
    TRANSACTION
}
