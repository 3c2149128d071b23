package dev.postern.gateway.pool;

import java.net.SocketAddress;
import java.time.Instant;
import java.util.Optional;

/**
 * A server connection at one moment, for the console.
 *
 * @param id of {@link ConnectionIds}
 * @param user the role it is logged in as
 * @param resetting it comes back from a client and is being reset or checked
 * @param cancels cancel requests that are under way to it
 * @param remote the server's address; empty once it is gone
 * @param local the gateway's
 * @param connected when its login was over
 * @param requested when the last request of a client began; when it connected, before the first
 * @param pid the server process
 * @param tls version and cipher; empty without
 * @param applicationName as it is set now
 * @param statements prepared statements that it holds
 * @param replication in PgBouncer's words: {@code none}, {@code logical}, {@code physical}
 */
public record ServerFacts(
        long id,
        String user,
        boolean resetting,
        int cancels,
        Optional<SocketAddress> remote,
        Optional<SocketAddress> local,
        Instant connected,
        Instant requested,
        int pid,
        String tls,
        String applicationName,
        int statements,
        String replication) {}
