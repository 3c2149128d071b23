package dev.postern.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertPathBuilder;
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
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Whom a peer's certificate must come from, and which ones have been revoked. As in PostgreSQL, every CA of a chain
 * needs a current revocation list once there is a CRL file.
 *
 * @param manager absent: nothing is verified
 * @param fingerprint differs wherever a certificate could be judged differently
 */
record PeerTrust(Optional<TrustManager> manager, byte[] fingerprint) {
    static final PeerTrust NONE = new PeerTrust(Optional.empty(), new byte[0]);

    static PeerTrust load(Path caFile, Optional<Path> crlFile) throws UnusableTls {
        List<X509Certificate> authorities = Pem.certificates(PemText.read(caFile));
        List<X509CRL> lists = crlFile.isPresent() ? Pem.revocationLists(PemText.read(crlFile.get())) : List.of();
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
                        CertPathBuilder.getInstance("PKIX").getRevocationChecker();
                // The lists we were given, never an OCSP responder that the certificate names.
                checker.setOptions(
                        EnumSet.of(PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
                parameters.addCertPathChecker(checker);
                for (X509CRL list : lists) {
                    digest.update(list.getEncoded());
                }
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            ManagerFactoryParameters factoryParameters = new CertPathTrustManagerParameters(parameters);
            factory.init(factoryParameters);
            return new PeerTrust(Optional.of(verifying(factory, caFile.toString())), digest.digest());
        } catch (GeneralSecurityException | IOException e) {
            throw new UnusableTls(caFile.toString(), "cannot be used to verify certificates: " + e.getMessage());
        }
    }

    /** The JDK's own trusted certificates. */
    static PeerTrust system() throws UnusableTls {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init((KeyStore) null);
            return new PeerTrust(Optional.of(verifying(factory, "the JDK's trusted certificates")), new byte[0]);
        } catch (GeneralSecurityException e) {
            throw new UnusableTls("system", "the JDK's trusted certificates cannot be used: " + e.getMessage());
        }
    }

    private static TrustManager verifying(TrustManagerFactory factory, String authorities) {
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager x509) {
                return new VerifyingTrustManager(x509, authorities);
            }
        }
        throw new IllegalStateException("this JDK verifies no X.509 certificates");
    }
}
