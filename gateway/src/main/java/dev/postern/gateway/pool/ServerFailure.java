package dev.postern.gateway.pool;

import java.util.Locale;

/**
 * Why no server connection could be opened.
 *
 * @param kind decides who is told, and how soon the next try comes
 * @param detail for the operator: host, port, cause; never for clients
 * @param sqlState of the server's own error; empty where it said nothing
 * @param message the server's own words, of which a client may read what is about its own startup packet; else empty
 */
public record ServerFailure(Kind kind, String detail, String sqlState, String message) {
    /** Where the server itself said nothing. */
    public ServerFailure(Kind kind, String detail) {
        this(kind, detail, "", "");
    }

    public enum Kind {
        /** No address, no connection, no TLS, or no answer in time. Clients wait: it may be a restart. */
        UNREACHABLE,
        /** Hosts answer, but none is what {@code targetSessionAttrs} wants. Clients wait: it may be a failover. */
        NO_TARGET_SERVER,
        /** The server says 57P03 (starting up, shutting down, in recovery). Clients wait. */
        STARTING,
        /** The server says 53300. Clients wait for the connections there are. */
        TOO_MANY_CONNECTIONS,
        /** The server refused the login for good: clients hear of it at once. */
        LOGIN_FAILED,
        /** The role is a superuser, and the route allows none: clients hear of it at once. */
        SUPERUSER,
        /** The server refused a credential, and another one takes its place. Clients wait for it. */
        CREDENTIAL_REPLACED,
        /** The source has no credential yet. Clients hear of it at once. */
        CREDENTIAL_UNAVAILABLE;

        /** Value of the metric {@code postern_server_failures_total}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Whether waiting longer can help without anybody changing anything. */
    boolean passes() {
        return switch (kind) {
            case UNREACHABLE, NO_TARGET_SERVER, STARTING, TOO_MANY_CONNECTIONS, CREDENTIAL_REPLACED -> true;
            case LOGIN_FAILED, SUPERUSER, CREDENTIAL_UNAVAILABLE -> false;
        };
    }
}
