package dev.postern.tls;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;

/**
 * A certificate in use, for metrics and the status page.
 *
 * @param name its file or source
 * @param serverNames the names it is chosen for
 * @param keyType for example {@code EC-256} or {@code RSA-2048}
 * @param notBefore from when it is valid
 * @param notAfter until when it is valid
 * @param sha256 fingerprint of the leaf, lower case hex
 */
public record CertificateStatus(
        String name, Set<String> serverNames, String keyType, Instant notBefore, Instant notAfter, String sha256) {

    static CertificateStatus of(OwnCertificate certificate) throws CertificateEncodingException {
        X509Certificate leaf = certificate.leaf();
        return new CertificateStatus(
                certificate.source().name(),
                certificate.names(),
                OwnCertificate.describe(leaf.getPublicKey()),
                leaf.getNotBefore().toInstant(),
                leaf.getNotAfter().toInstant(),
                HexFormat.of().formatHex(sha256(leaf.getEncoded())));
    }

    static byte[] sha256(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }
}
