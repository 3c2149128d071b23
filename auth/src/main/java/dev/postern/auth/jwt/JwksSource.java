package dev.postern.auth.jwt;

import java.net.URI;
import java.nio.file.Path;

/** Where an issuer's public keys stand (RFC 7517). */
public sealed interface JwksSource {
    record FromFile(Path file) implements JwksSource {}

    /** Over https; plain http is for loopback addresses only. */
    record FromUrl(URI url) implements JwksSource {}
}
