package dev.postern.tls;

/**
 * What a listener asks of a client's ALPN extension (RFC 7301). One that offers protocols but none of ours is refused
 * with the alert {@code no_application_protocol} either way, so that a connection meant for another protocol (ALPACA)
 * does not get through.
 */
public enum Alpn {
    /** No extension is fine: TLS that was negotiated inside the plain protocol. */
    IF_OFFERED,
    /** The extension must be there and hold one of ours: TLS from the first byte. */
    REQUIRED
}
