package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;

/** The client's side of a link, as the link sees it. Called on the link's event loop. */
public interface ClientEnd {
    /** Takes the buffer over; sent with the next {@link #flush()}. */
    void write(ByteBuf messages);

    void flush();

    ClientStatements statements();

    SessionSettings settings();

    /** The client changed a setting of its session. */
    void settings(SessionSettings changed);

    /** What the client asked for in its startup packet: RESET goes back to it. */
    SessionSettings startupSettings();

    /** The startup packet's settings could not be put back behind a RESET: nobody knows now what holds. */
    void settingsLost(ErrorResponse error);

    /** The server is idle, outside a transaction, and nothing is in flight. Called after the answer was written. */
    void ready(Link link);

    /** Whether what happens to the server outside of a transaction is its business too. */
    default boolean keepsServer() {
        return true;
    }

    /**
     * Whether a notification that its server has for it goes to it.
     *
     * @param message the whole of it; read before this returns
     */
    default boolean takesNotification(ByteBuf message) {
        return true;
    }

    /** Whether its channels are heard for it when its server goes back. */
    default boolean canListen() {
        return false;
    }

    /**
     * The server connection ended while it was linked.
     *
     * @param told whether the server's own FATAL message was passed on
     */
    void serverLost(boolean told);

    /** The credential of the server connection has ended; the connection is about to be closed. */
    void credentialEnded();

    /**
     * The server has refused what was asked because the role of its connection is gone: nothing of it was done. The
     * connection is about to be closed.
     */
    default void roleGone() {
        credentialEnded();
    }

    /** A newer credential is there; the one that opened the server connection lives on for some time. */
    default void credentialRotated() {}

    /** The server takes no more bytes for now, or does again. */
    void setReading(boolean reading);

    /** The client said Terminate. */
    void terminated();

    /** The client sent what no client may send in this state. */
    void violated(ProtocolViolation violation);
}
