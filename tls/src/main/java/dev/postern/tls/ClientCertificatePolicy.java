package dev.postern.tls;

/**
 * Does a listener ask its clients for a certificate? One that is sent is always verified against the client CA file, and
 * a wrong one fails the handshake, also where none was required.
 */
public enum ClientCertificatePolicy {
    NONE,
    OPTIONAL,
    REQUIRED
}
