package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.http.PemTrust;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** TLS of a Vault connection from PEM files: every certificate of a bundle is trusted, keys of any algorithm in PKCS#8. */
final class PemTls {
    private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String KEY_END = "-----END PRIVATE KEY-----";

    private PemTls() {}

    static SSLContext context(VaultEndpoint endpoint) throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys(endpoint), trust(endpoint.caFile()), null);
        return context;
    }

    /** Changes when one of the files changes. */
    static byte[] fingerprint(VaultEndpoint endpoint) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        if (endpoint.caFile().isPresent()) {
            digest.update(Files.readAllBytes(endpoint.caFile().get()));
        }
        if (endpoint.clientCertificate().isPresent()) {
            digest.update(Files.readAllBytes(endpoint.clientCertificate().get().certFile()));
            digest.update(Files.readAllBytes(endpoint.clientCertificate().get().keyFile()));
        }
        return digest.digest();
    }

    private static javax.net.ssl.TrustManager[] trust(Optional<Path> caFile)
            throws IOException, GeneralSecurityException {
        if (caFile.isPresent()) {
            return PemTrust.of(certificates(caFile.get()));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        return factory.getTrustManagers();
    }

    private static javax.net.ssl.KeyManager[] keys(VaultEndpoint endpoint)
            throws IOException, GeneralSecurityException {
        if (endpoint.clientCertificate().isEmpty()) {
            return new javax.net.ssl.KeyManager[0];
        }
        var files = endpoint.clientCertificate().get();
        Certificate[] chain = certificates(files.certFile()).toArray(Certificate[]::new);
        PrivateKey key = privateKey(files.keyFile());
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("client", key, new char[0], chain);
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, new char[0]);
        return factory.getKeyManagers();
    }

    private static Collection<? extends Certificate> certificates(Path file)
            throws IOException, GeneralSecurityException {
        Collection<? extends Certificate> found = PemTrust.certificates(Files.readAllBytes(file));
        if (found.isEmpty()) {
            throw new GeneralSecurityException(file + " holds no certificate");
        }
        return found;
    }

    private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
        String pem = Files.readString(file, StandardCharsets.US_ASCII);
        int begin = pem.indexOf(KEY_BEGIN);
        int end = pem.indexOf(KEY_END);
        if (begin < 0 || end < begin) {
            throw new GeneralSecurityException(
                    file + " holds no unencrypted PKCS#8 key (openssl pkcs8 -topk8 -nocrypt makes one)");
        }
        byte[] der = Base64.getMimeDecoder().decode(pem.substring(begin + KEY_BEGIN.length(), end));
        try {
            for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
                } catch (GeneralSecurityException e) {
                    continue;
                }
            }
            throw new GeneralSecurityException(file + " holds a key of an unknown algorithm");
        } finally {
            Arrays.fill(der, (byte) 0);
        }
    }
}
