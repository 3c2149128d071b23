package dev.postern.gateway.pool;

import java.util.concurrent.atomic.AtomicLong;

/** Numbers of client and server connections, none given twice in the life of the process (PgBouncer: column {@code id}). */
public final class ConnectionIds {
    private static final AtomicLong LAST = new AtomicLong();

    private ConnectionIds() {}

    public static long next() {
        return LAST.incrementAndGet();
    }
}
