package dev.postern.tls;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * The names a verified client certificate gives its holder. Pure.
 *
 * @param commonName the most specific CN of the subject
 * @param distinguishedName the subject as RFC 2253 writes it
 * @param dnsNames subject alternative names, as in the certificate
 * @param emails subject alternative names, as in the certificate
 * @param uris subject alternative names, as in the certificate
 */
public record ClientIdentity(
        Optional<String> commonName,
        String distinguishedName,
        List<String> dnsNames,
        List<String> emails,
        List<String> uris) {

    public ClientIdentity {
        dnsNames = List.copyOf(dnsNames);
        emails = List.copyOf(emails);
        uris = List.copyOf(uris);
    }

    /** A name with a NUL in it is left out: it is there to fool a comparison. */
    public static ClientIdentity of(X509Certificate certificate) {
        return new ClientIdentity(
                CertificateNames.commonName(certificate),
                certificate.getSubjectX500Principal().getName(),
                CertificateNames.alternativeNames(certificate, CertificateNames.DNS),
                CertificateNames.alternativeNames(certificate, CertificateNames.EMAIL),
                CertificateNames.alternativeNames(certificate, CertificateNames.URI));
    }

    /** The names of one kind; the subject alternative names may be several, or none. */
    public List<String> names(IdentitySource source) {
        return switch (source) {
            case COMMON_NAME -> commonName.stream().toList();
            case DISTINGUISHED_NAME -> distinguishedName.isEmpty() ? List.of() : List.of(distinguishedName);
            case SAN_DNS -> dnsNames;
            case SAN_EMAIL -> emails;
            case SAN_URI -> uris;
        };
    }
}
