package dev.postern.gateway.admin;

import java.util.List;
import java.util.Optional;

/** The gateway as the admin server sees it. Called on virtual threads, several at once. */
public interface GatewayPort {
    /** Why new clients are not welcome now, in a few words for the operator; empty: they are. Does not wait. */
    Optional<String> notReady();

    /** Every event loop. Does not wait for any of them. */
    List<LoopReport> loops();

    /** Whether the gateway may be asked to end by HTTP. */
    boolean mayQuit();

    /** Drains and ends, as SIGTERM does. Returns at once. */
    void quit();

    /**
     * Everything. May be some tenths of a second old, so that whoever asks often does not burden the event loops, and may
     * take a second when a loop is busy.
     */
    GatewayReport report();
}
