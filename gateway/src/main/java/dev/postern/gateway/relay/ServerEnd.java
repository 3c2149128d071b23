package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/** The server's side of a link, as the link sees it. Called on the link's event loop. */
public interface ServerEnd {
    /** Takes the buffer over; sent with the next {@link #flush()}. */
    void write(ByteBuf messages);

    void flush();

    /** Whether it takes more bytes now. */
    boolean isWritable();

    ByteBufAllocator alloc();

    ServerStatements statements();

    /** What was put on this connection; the server's own defaults are not among it. */
    SessionSettings settings();

    void settings(SessionSettings changed);

    /**
     * An error came that a role which is gone would cause as well. True: it is being found out; the error is kept until
     * {@link Link#errorIsTheClients} is called, on the loop and never from within this call, or the connection is closed.
     */
    boolean asksAboutRole();

    /** A client's statement was refused with 25006, as read-only. */
    default void refusedToWrite() {}

    /** A statement changed the session in a way that the gateway has not seen: the next client gets a full reset. */
    void settingsUnknown();

    boolean areSettingsUnknown();

    /**
     * The session holds what the next client must not find: it is discarded before the connection is lent again.
     *
     * @param forGood nothing takes it away but the end of the connection
     */
    void unclean(boolean forGood);

    /** The server reported the value of a parameter. */
    void reported(String name, String value);

    /** The value the server reported when the connection was new, for settings that a session can take back. */
    @Nullable
    String initially(String name);

    /** The server sent what no server may send in this state. */
    void violated(ProtocolViolation violation);
}
