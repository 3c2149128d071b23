package dev.postern.tls;

import java.nio.file.Path;
import java.util.List;

/**
 * A certificate that is no file, for example from a Kubernetes Secret. It changes by new settings ({@link
 * ListenerTls#apply}).
 *
 * @param name for messages, for example {@code secret default/orders-tls}
 * @param certificatePem the certificate, followed by the intermediate ones in order
 * @param keyPem its private key: PKCS#8, PKCS#1 (RSA) or SEC1 (EC), not encrypted
 */
public record CertificatePem(String name, String certificatePem, String keyPem) implements CertificateSource {
    @Override
    public List<Path> files() {
        return List.of();
    }

    /** Hides the key. */
    @Override
    public String toString() {
        return "CertificatePem[" + name + "]";
    }
}
