package dev.postern.gateway.relay;

import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.PooledServer;
import dev.postern.gateway.pool.ServerFacts;
import java.util.Map;

/** A server connection in the hands of a client's session. Called on its event loop. */
public interface LentServer extends PooledServer, ServerEnd {
    ServerParts parts();

    /** serverFastClose: the session should end with its transaction. */
    boolean closesSoon();

    /** From now on what the server sends goes to this link. */
    void link(Link link);

    /** From now on, and for as long as the connection lives, what the server sends goes to this tunnel. */
    default void tunnel(Tunnel tunnel) {
        throw new UnsupportedOperationException("not a dedicated connection");
    }

    /**
     * The link is over and was clean. Ends it; the connection goes back to its pool, in session mode after the reset
     * query, and not before every cancel request under way to it is settled.
     */
    void giveBack();

    /** The link is over and was not clean, or is in doubt. Ends it and closes the connection. */
    void discard(CloseReason reason);

    /** What the server reported by ParameterStatus, as it stands now: names as the server writes them. */
    Map<String, String> parameters();

    /** Asks the server, on a connection of its own, to cancel what it is doing now; the runnable runs on the loop when that is over. */
    void cancel(Runnable settled);

    /** As long as it lasts nothing is read from it, whatever {@link #setReading} says. */
    void suspend(boolean on);

    /** For the console. */
    ServerFacts facts();

    /** The client takes no more bytes for now, or does again. */
    void setReading(boolean reading);
}
