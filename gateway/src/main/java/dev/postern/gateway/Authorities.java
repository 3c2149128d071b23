package dev.postern.gateway;

import dev.postern.auth.credentials.http.PemTrust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** Whom the gateway believes when it asks issuers, clusters and directories. Reads files. */
final class Authorities {
    private Authorities() {}

    /** Those in a PEM bundle, or without one those that the JDK trusts. */
    static SSLContext of(String route, Optional<Path> caFile) throws StartFailure {
        try {
            if (caFile.isEmpty()) {
                return SSLContext.getDefault();
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, PemTrust.of(PemTrust.certificates(Files.readAllBytes(caFile.get()))), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new StartFailure(
                    "route " + route + ": the CA file "
                            + caFile.map(Path::toString).orElse("") + " cannot be used: " + e.getMessage(),
                    e);
        }
    }
}
