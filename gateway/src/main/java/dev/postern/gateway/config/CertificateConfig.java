package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A certificate with its private key: in two files, or in a Secret of Kubernetes.
 *
 * @param certFile PEM, the server's certificate first, then intermediates
 * @param keyFile PEM, unencrypted
 * @param secret instead: keys {@code tls.crt} and {@code tls.key}, as the type kubernetes.io/tls has them
 */
public record CertificateConfig(Optional<Path> certFile, Optional<Path> keyFile, Optional<SecretNameConfig> secret)
        implements Checked {
    @Override
    public void check(Checks checks) {
        boolean files = certFile.isPresent() || keyFile.isPresent();
        checks.problem(
                        files == secret.isPresent(),
                        files ? "has both files and a secret" : "is no certificate",
                        "certFile and keyFile, or secret: {name: NAME}")
                .problem(
                        keyFile.isPresent() && certFile.isEmpty(),
                        "certFile",
                        "is missing",
                        "the certificate of keyFile")
                .problem(certFile.isPresent() && keyFile.isEmpty(), "keyFile", "is missing", "the key of certFile");
    }
}
