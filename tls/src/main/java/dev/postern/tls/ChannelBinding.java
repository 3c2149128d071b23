package dev.postern.tls;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.Optional;

/** Channel binding data of type {@code tls-server-end-point} (RFC 5929 4): a hash of the server's certificate. */
public final class ChannelBinding {
    private ChannelBinding() {}

    /**
     * The certificate hashed with the hash of its own signature, or with SHA-256 where that is MD5 or SHA-1. Empty where
     * the signature has no single hash (Ed25519, RSASSA-PSS with parameters PostgreSQL does not look into): no binding is
     * defined then, and none may be offered.
     */
    public static Optional<byte[]> tlsServerEndPoint(X509Certificate certificate) {
        return hashOf(certificate.getSigAlgName()).map(hash -> digest(hash, certificate));
    }

    /** {@code SHA384withECDSA} to {@code SHA-384}. */
    static Optional<String> hashOf(String signatureAlgorithm) {
        String name = signatureAlgorithm.toUpperCase(Locale.ROOT);
        int with = name.indexOf("WITH");
        if (with < 0) {
            return Optional.empty();
        }
        return switch (name.substring(0, with)) {
            case "MD5", "SHA1", "SHA256" -> Optional.of("SHA-256");
            case "SHA224" -> Optional.of("SHA-224");
            case "SHA384" -> Optional.of("SHA-384");
            case "SHA512" -> Optional.of("SHA-512");
            default -> Optional.empty();
        };
    }

    private static byte[] digest(String hash, X509Certificate certificate) {
        try {
            return MessageDigest.getInstance(hash).digest(certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot hash a certificate that was just used", e);
        }
    }
}
