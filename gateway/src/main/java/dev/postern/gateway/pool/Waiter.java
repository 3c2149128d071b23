package dev.postern.gateway.pool;

/** Somebody who waits for a server. Exactly one of the first two is called, once. All on the pool's loop. */
public interface Waiter<S extends PooledServer> {
    void served(S server);

    void refused(CheckoutFailure failure);

    /** It has waited for {@code queryWaitNotify}, and goes on waiting. Called at most once for each wait. */
    default void waitsLong() {}
}
