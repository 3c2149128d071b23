package dev.postern.gateway.pool;

import java.util.function.Consumer;

/** A logged-in server connection as its pool sees it. All calls are made on the pool's event loop. */
public interface PooledServer {
    /** The pool's own notes on this connection. */
    Seat seat();

    /** Runs the check query; the result comes exactly once, on the loop, never from within this call. */
    void check(String query, Consumer<Boolean> result);

    /** The credential that opened it has ended: closes it; a client that uses it is told so. */
    void expire();

    /** A newer credential is there: a client that keeps the connection as long as it likes is told so. */
    default void announceRotation() {}

    /** It is lent, and is to be replaced: a session that keeps it should end with its transaction. */
    void closeSoon();

    /** Closes the connection; {@link ServerPool#remove} is called before this returns. */
    void close(CloseReason reason);
}
