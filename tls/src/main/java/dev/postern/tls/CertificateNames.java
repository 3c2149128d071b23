package dev.postern.tls;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** The names a certificate carries: subject CN and subject alternative names (RFC 5280 4.2.1.6). */
final class CertificateNames {
    /** GeneralName tags, as {@link X509Certificate#getSubjectAlternativeNames()} numbers them. */
    static final int EMAIL = 1;

    static final int DNS = 2;
    static final int URI = 6;
    static final int IP = 7;

    private CertificateNames() {}

    /** Lower case DNS names; the CN only where the alternative names hold no DNS name (RFC 6125 6.4.4). */
    static Set<String> serverNames(X509Certificate certificate) {
        Set<String> names = new LinkedHashSet<>();
        for (String name : alternativeNames(certificate, DNS)) {
            names.add(normalize(name));
        }
        if (names.isEmpty()) {
            commonName(certificate).map(CertificateNames::normalize).ifPresent(names::add);
        }
        return Collections.unmodifiableSet(names);
    }

    /** All alternative names of one kind, in the certificate's order; none where the extension is absent or broken. */
    static List<String> alternativeNames(X509Certificate certificate, int kind) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            if (all != null) {
                for (List<?> name : all) {
                    if (name.get(0).equals(kind) && name.get(1) instanceof String text && isName(text)) {
                        names.add(text);
                    }
                }
            }
        } catch (CertificateParsingException e) {
            return List.of();
        }
        return List.copyOf(names);
    }

    /** The most specific CN of the subject. */
    static Optional<String> commonName(X509Certificate certificate) {
        try {
            LdapName subject =
                    new LdapName(certificate.getSubjectX500Principal().getName());
            List<Rdn> rdns = subject.getRdns();
            for (int i = rdns.size() - 1; i >= 0; i--) {
                Object commonName = rdns.get(i).toAttributes().get("CN") == null
                        ? ""
                        : rdns.get(i).toAttributes().get("CN").get();
                if (commonName instanceof String text && isName(text)) {
                    return Optional.of(text);
                }
            }
        } catch (javax.naming.NamingException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    /** {@code *.example.com} of {@code db.example.com}; without a dot, the name itself. */
    static String wildcardOf(String name) {
        int dot = name.indexOf('.');
        return dot < 0 ? name : "*" + name.substring(dot);
    }

    static String normalize(String serverName) {
        String lower = serverName.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /** A NUL in a name is there to fool a comparison (CVE-2009-4034). */
    private static boolean isName(String text) {
        return !text.isEmpty() && text.indexOf('\0') < 0;
    }
}
