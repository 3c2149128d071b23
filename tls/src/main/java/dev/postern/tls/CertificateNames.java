package dev.postern.tls;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** The names a certificate carries: subject CN and subject alternative names (RFC 5280 4.2.1.6). */
final class CertificateNames {
    /** GeneralName tags, as {@link X509Certificate#getSubjectAlternativeNames()} numbers them. */
    static final int EMAIL = 1;

    static final int DNS = 2;
    static final int URI = 6;

    private CertificateNames() {}

    /** Lower case DNS names; the CN only where there is no DNS name in the alternative names (RFC 6125 6.4.4). */
    static Set<String> serverNames(X509Certificate certificate) {
        Set<String> names = new LinkedHashSet<>();
        for (String name : alternativeNames(certificate, DNS)) {
            names.add(ServerCertificate.normalize(name));
        }
        if (names.isEmpty()) {
            commonName(certificate).map(ServerCertificate::normalize).ifPresent(names::add);
        }
        return names;
    }

    /** All alternative names of one kind, in the certificate's order; none where the extension is absent or broken. */
    static List<String> alternativeNames(X509Certificate certificate, int kind) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            if (all != null) {
                for (List<?> name : all) {
                    if (name.get(0).equals(kind) && name.get(1) instanceof String text) {
                        names.add(text);
                    }
                }
            }
        } catch (CertificateParsingException e) {
            return List.of();
        }
        return names;
    }

    /** The most specific CN of the subject. A name with a NUL in it is no name: it is there to fool a comparison. */
    static Optional<String> commonName(X509Certificate certificate) {
        try {
            LdapName subject =
                    new LdapName(certificate.getSubjectX500Principal().getName());
            List<Rdn> rdns = subject.getRdns();
            for (int i = rdns.size() - 1; i >= 0; i--) {
                Rdn rdn = rdns.get(i);
                if (rdn.getType().equalsIgnoreCase("CN")
                        && rdn.getValue() instanceof String text
                        && text.indexOf('\0') < 0) {
                    return Optional.of(text);
                }
            }
        } catch (InvalidNameException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }
}
