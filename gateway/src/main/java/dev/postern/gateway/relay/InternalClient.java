package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.ProtocolViolation;

/**
 * The gateway itself at the client's end of a link: it asks by {@link Link#internalQuery} alone, and has no settings of its
 * own unless it says so.
 */
public interface InternalClient extends ClientEnd {
    @Override
    default void flush() {}

    @Override
    default SessionSettings settings() {
        return SessionSettings.NONE;
    }

    @Override
    default void settings(SessionSettings changed) {}

    @Override
    default SessionSettings startupSettings() {
        return settings();
    }

    /** Never: nobody can RESET. */
    @Override
    default void settingsLost(ErrorResponse error) {}

    @Override
    default void ready(Link link) {}

    @Override
    default void setReading(boolean reading) {}

    /** Never: nothing comes from a client. */
    @Override
    default void terminated() {}

    /** Never: nothing comes from a client. */
    @Override
    default void violated(ProtocolViolation violation) {}
}
