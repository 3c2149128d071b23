package dev.postern.tls;

import java.nio.file.Path;
import java.util.List;

/**
 * A certificate on disk, both files PEM.
 *
 * @param certFile the certificate, followed by the intermediate ones in order
 * @param keyFile its private key: PKCS#8, PKCS#1 (RSA) or SEC1 (EC), not encrypted
 */
public record CertificateFiles(Path certFile, Path keyFile) implements CertificateSource {
    @Override
    public String name() {
        return certFile.toString();
    }

    @Override
    public List<Path> files() {
        return certFile.equals(keyFile) ? List.of(certFile) : List.of(certFile, keyFile);
    }
}
