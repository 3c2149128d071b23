package dev.postern.gateway.pool;

import java.util.Locale;

/** Why a server connection was closed: a closed set, each a value of the metric {@code postern_server_closed_total}. */
public enum CloseReason {
    /** Older than serverLifetime. */
    LIFETIME,
    /** Idle for longer than serverIdleTimeout. */
    IDLE_TIMEOUT,
    /** Opened with a credential that was replaced. */
    CREDENTIAL_ROTATED,
    /** RECONNECT, or the route changed. */
    RECONNECT,
    /** Its host is no longer what {@code targetSessionAttrs} wants. */
    TARGET_LOST,
    /** Idle, and closed to make room under maxDbConnections or maxUserConnections for a pool that needed a server. */
    EVICTED,
    /** The check before reuse failed. */
    CHECK_FAILED,
    /** The reset query failed or took too long. */
    RESET_FAILED,
    /** What a client left in the session cannot be taken away (a library that it loaded), or it has dropped what others share. */
    UNCLEAN,
    /** The client left while its transaction or query was under way. */
    CLIENT_GONE,
    /** The server closed the connection. */
    SERVER_GONE,
    /** A message that is not legal in its state. */
    PROTOCOL_VIOLATION,
    /** A cancel request to it could not be settled. */
    CANCEL_UNSETTLED,
    /** A client's settings could not be put on it. */
    SETTINGS_FAILED,
    /** A limit on time was reached by the client that used it. */
    TIMEOUT,
    /** The pool or the gateway ends. */
    SHUTDOWN;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
