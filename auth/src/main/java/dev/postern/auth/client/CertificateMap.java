package dev.postern.auth.client;

import java.security.cert.X509Certificate;

/** Which roles a client certificate stands for. Whoever implements it knows which of its names count, and the map. */
@FunctionalInterface
public interface CertificateMap {
    /** @param certificate verified against the listener's CA */
    boolean allows(X509Certificate certificate, String role);
}
