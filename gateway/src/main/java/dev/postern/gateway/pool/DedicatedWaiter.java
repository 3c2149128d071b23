package dev.postern.gateway.pool;

import java.util.Map;

/**
 * Somebody who wants a server connection that is opened for it alone, and that nobody else will ever get: a replication
 * connection. It waits in line with the others and counts as one of the pool's servers; an idle one is closed for it. What
 * it is refused with concerns nobody else.
 */
public interface DedicatedWaiter<S extends PooledServer> extends Waiter<S> {
    /** Startup parameters of the connection beside user and database. */
    Map<String, String> startup();

    /** There was room, and the connection could not be opened: called instead of {@link #served}. */
    void notOpened(ServerFailure failure);
}
