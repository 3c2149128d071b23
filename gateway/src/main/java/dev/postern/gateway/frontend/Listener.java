package dev.postern.gateway.frontend;

import dev.postern.tls.ListenerTls;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What the clients of one listening address share.
 *
 * @param name as configured
 * @param tlsMode whether TLS is refused, possible or demanded
 * @param tls empty when the mode is DISABLE
 * @param loopback only this machine can reach it
 * @param trustedProxies whose connections begin with a PROXY header
 * @param peerUsers who clients of a unix socket are
 * @param addresses connections by address
 * @param unfinished connections of all listeners that are not logged in
 * @param clientLoginTimeout from accept to the first ReadyForQuery
 */
public record Listener(
        String name,
        TlsMode tlsMode,
        Optional<ListenerTls> tls,
        boolean loopback,
        Predicate<InetAddress> trustedProxies,
        PeerUsers peerUsers,
        AddressCounts addresses,
        UnfinishedLogins unfinished,
        Duration clientLoginTimeout,
        Routes routes,
        CancelKeys cancelKeys,
        ClientCounts counts) {
    /** PgBouncer's {@code client_tls_sslmode}, as far as it does not concern certificates. */
    public enum TlsMode {
        DISABLE,
        ALLOW,
        REQUIRE
    }
}
