package dev.postern.gateway.pool;

import java.util.Map;

/** Opens server connections for a pool. */
public interface ServerOpener<S extends PooledServer> {
    /** Starts to open one; the result comes exactly once, on the pool's loop, never from within this call. */
    void open(Result<S> result);

    /** Opens one with more startup parameters, for one client alone; the result comes in the same way. */
    default void openDedicated(Map<String, String> startup, Result<S> result) {
        throw new UnsupportedOperationException("this opener opens connections for all alone");
    }

    /** Where the result goes. */
    interface Result<S extends PooledServer> {
        /** Makes the pool's notes for the connection that is about to be handed over. */
        Seat seat(long generation);

        void opened(S server);

        void failed(ServerFailure failure);
    }
}
