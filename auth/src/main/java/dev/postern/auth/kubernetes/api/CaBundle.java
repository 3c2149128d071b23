package dev.postern.auth.kubernetes.api;

import dev.postern.auth.credentials.http.PemTrust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.Collection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
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
        Collection<? extends Certificate> authorities = PemTrust.certificates(pem);
        if (authorities.isEmpty()) {
            throw new GeneralSecurityException("it holds no certificate");
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[0], PemTrust.of(authorities), new SecureRandom());
        return context;
    }
}
