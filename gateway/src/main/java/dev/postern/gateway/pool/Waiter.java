package dev.postern.gateway.pool;

/** Somebody who waits for a server. Exactly one of the two is called, once, on the pool's loop. */
public interface Waiter<S extends PooledServer> {
    void served(S server);

    void refused(CheckoutFailure failure);
}
