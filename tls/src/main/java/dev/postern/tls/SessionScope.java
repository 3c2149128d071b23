package dev.postern.tls;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;

/**
 * Where a session may be resumed: only under the certificate it was made under, and under the same rules for client
 * certificates. A resumed session verifies nothing again, so another client CA or revocation list must end it; and its
 * client still binds its channel to the certificate it once saw, so another server certificate must end it too.
 */
final class SessionScope {
    private SessionScope() {}

    /** 32 bytes, BoringSSL's limit for a session id context. */
    static byte[] of(OwnCertificate certificate, PeerTrust trust, ClientCertificatePolicy policy) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (X509Certificate part : certificate.chain()) {
                digest.update(part.getEncoded());
            }
            digest.update((byte) policy.ordinal());
            digest.update(trust.fingerprint());
            return digest.digest();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot hash a certificate that was just read", e);
        }
    }
}
