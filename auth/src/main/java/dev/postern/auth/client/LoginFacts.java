package dev.postern.auth.client;

import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * What is known of a client before it is asked anything.
 *
 * @param route the name of the route that serves it; empty when its database is unknown
 * @param user the startup packet's user
 * @param database the startup packet's database
 * @param address where it comes from
 * @param loopback whether the listener it came through can be reached from this machine only
 * @param tls whether the connection is inside TLS
 * @param tlsServerEndPoint channel-binding data of the certificate the client was shown (RFC 5929); empty outside TLS and
 *     where the certificate's signature has no single hash (Ed25519): then SCRAM-SHA-256-PLUS is not offered
 * @param clientCertificate the client's certificate, verified against the listener's CA
 * @param physicalReplication whether that is what the startup packet asks for: pg_hba.conf has rules for it
 */
public record LoginFacts(
        String route,
        String user,
        String database,
        ClientAddress address,
        boolean loopback,
        boolean tls,
        Optional<byte[]> tlsServerEndPoint,
        Optional<X509Certificate> clientCertificate,
        boolean physicalReplication) {
    /** An ordinary session's. */
    public LoginFacts(
            String route,
            String user,
            String database,
            ClientAddress address,
            boolean loopback,
            boolean tls,
            Optional<byte[]> tlsServerEndPoint,
            Optional<X509Certificate> clientCertificate) {
        this(route, user, database, address, loopback, tls, tlsServerEndPoint, clientCertificate, false);
    }

    /** The same at another route. */
    LoginFacts ofRoute(String other) {
        return new LoginFacts(
                other,
                user,
                database,
                address,
                loopback,
                tls,
                tlsServerEndPoint,
                clientCertificate,
                physicalReplication);
    }
}
