package dev.postern.gateway.frontend;

import dev.postern.gateway.pool.Ticket;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.Link;
import org.jspecify.annotations.Nullable;

/** A session's states (PgBouncer's CL_ACTIVE without and with a server, and CL_WAITING). */
sealed interface SessionState {
    /** No server, nothing asked. */
    record Idle() implements SessionState {}

    /** In line for a server; {@code ticket} is set once the pool has given one. */
    final class Waiting implements SessionState {
        @Nullable
        Ticket<LentServer> ticket;
    }

    /**
     * Has a server; its settings are being put on it.
     *
     * @param untouched the client has sent nothing to this server yet
     */
    record Preparing(LentServer server, Link link, boolean untouched) implements SessionState {}

    /** Has a server still, which is asked what the client has SET and holds; the client has its answer. */
    record Learning(LentServer server, Link link) implements SessionState {}

    /** Has a server still, whose channels the pool's listener is about to hear in its place. */
    record HandingOver(LentServer server, Link link) implements SessionState {}

    /** The client has gone while its server is asked: it goes back when it has answered. */
    record Leaving(LentServer server) implements SessionState {}

    /** Has a server. */
    record Active(LentServer server, Link link) implements SessionState {}

    /** Over; the channel is closed or about to be. */
    record Closed() implements SessionState {}

    SessionState IDLE = new Idle();
    SessionState CLOSED = new Closed();
}
