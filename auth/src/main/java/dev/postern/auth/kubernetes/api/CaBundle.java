package dev.postern.auth.kubernetes.api;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A PEM bundle of authorities in a file that may change. */
final class CaBundle {
    static final Contents NOTHING = new Contents(new byte[0], null);

    private final Path file;

    CaBundle(Path file) {
        this.file = file;
    }

    /** What the file held, and TLS that trusts nobody else; equal where the file is. */
    static final class Contents {
        private final byte[] pem;
        private final @Nullable SSLContext context;

        private Contents(byte[] pem, @Nullable SSLContext context) {
            this.pem = pem;
            this.context = context;
        }

        SSLContext context() {
            if (context == null) {
                throw new IllegalStateException("no bundle was read");
            }
            return context;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Contents that && Arrays.equals(pem, that.pem);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(pem);
        }
    }

    /** Reads the file: a few kilobytes, at each request. The same object comes back while nothing has changed. */
    Contents read(Contents before) throws ApiFailure {
        try {
            byte[] pem = Files.readAllBytes(file);
            if (Arrays.equals(pem, before.pem)) {
                return before;
            }
            return new Contents(pem, context(pem));
        } catch (NoSuchFileException e) {
            throw new ApiFailure("the CA file " + file + " does not exist", e);
        } catch (IOException | GeneralSecurityException e) {
            throw new ApiFailure("the CA file " + file + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static SSLContext context(byte[] pem) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        for (Certificate certificate :
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem))) {
            trusted.setCertificateEntry("ca" + trusted.size(), certificate);
        }
        if (trusted.size() == 0) {
            throw new GeneralSecurityException("it holds no certificate");
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[0], factory.getTrustManagers(), new SecureRandom());
        return context;
    }
}
