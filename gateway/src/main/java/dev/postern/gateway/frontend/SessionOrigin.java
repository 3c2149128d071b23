package dev.postern.gateway.frontend;

import java.time.Instant;

/**
 * Who a session is, for the console.
 *
 * @param user as the client said
 * @param database as the client said
 * @param acceptedAt when it connected
 */
record SessionOrigin(String user, String database, Instant acceptedAt) {
    static final SessionOrigin UNKNOWN = new SessionOrigin("", "", Instant.EPOCH);
}
