package dev.postern.tls;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManagerFactory;

/**
 * Whom a certificate must come from, and which ones have been revoked. Like PostgreSQL with {@code ssl_crl_file}, every
 * CA of a chain needs a current revocation list once there is a CRL file.
 *
 * @param trustManager absent: no certificates are verified here
 * @param fingerprint changes whenever a certificate could be judged differently
 */
record ClientTrust(Optional<TrustManagerFactory> trustManager, byte[] fingerprint) {
    static final ClientTrust NONE = new ClientTrust(Optional.empty(), new byte[0]);

    static ClientTrust load(ListenerTlsSettings settings) throws UnusableTls {
        if (settings.clientCaFile().isEmpty()) {
            return NONE;
        }
        return load(settings.clientCaFile().get(), settings.clientCrlFile());
    }

    static ClientTrust load(Path caFile, Optional<Path> crlFile) throws UnusableTls {
        List<X509Certificate> authorities = Pem.certificates(caFile);
        List<X509CRL> lists = crlFile.isPresent() ? Pem.revocationLists(crlFile.get()) : List.of();
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            KeyStore anchors = KeyStore.getInstance("PKCS12");
            anchors.load(null, null);
            int number = 0;
            for (X509Certificate authority : authorities) {
                anchors.setCertificateEntry("ca" + number++, authority);
                digest.update(authority.getEncoded());
            }
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, new X509CertSelector());
            parameters.setRevocationEnabled(!lists.isEmpty());
            if (!lists.isEmpty()) {
                parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
                PKIXRevocationChecker checker = (PKIXRevocationChecker)
                        java.security.cert.CertPathBuilder.getInstance("PKIX").getRevocationChecker();
                // Lists we were given, never an OCSP responder that the certificate names.
                checker.setOptions(
                        EnumSet.of(PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
                parameters.addCertPathChecker(checker);
                for (X509CRL list : lists) {
                    digest.update(list.getEncoded());
                }
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(new CertPathTrustManagerParameters(parameters));
            return new ClientTrust(Optional.of(factory), digest.digest());
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new UnusableTls(caFile, "cannot be used to verify certificates: " + e.getMessage());
        }
    }
}
