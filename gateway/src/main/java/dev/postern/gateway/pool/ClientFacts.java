package dev.postern.gateway.pool;

import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A client at one moment, for the console.
 *
 * @param id of {@link ConnectionIds}
 * @param user as the client said
 * @param database as the client said
 * @param state in PgBouncer's words: {@code active}, {@code idle}, {@code waiting}
 * @param remote where it is; empty once it is gone
 * @param local where it came in
 * @param connected when it was accepted
 * @param requested when its last request began; when it connected, before the first
 * @param waited how long it has been waiting for a server; zero when it does not
 * @param server the id of the server it has
 * @param tls version and cipher; empty without
 * @param applicationName as the session has set it
 * @param statements prepared statements that it has named
 * @param pinned what keeps it on its server in transaction mode; empty when nothing does
 * @param listensTo channels that the pool's listener hears for it
 * @param replication in PgBouncer's words: {@code none}, {@code logical}, {@code physical}
 */
public record ClientFacts(
        long id,
        String user,
        String database,
        String state,
        Optional<SocketAddress> remote,
        Optional<SocketAddress> local,
        Instant connected,
        Instant requested,
        Duration waited,
        OptionalLong server,
        String tls,
        String applicationName,
        int statements,
        String pinned,
        int listensTo,
        String replication) {
    /** Neither kind of {@code replication}. */
    public static final String NO_REPLICATION = "none";
}
