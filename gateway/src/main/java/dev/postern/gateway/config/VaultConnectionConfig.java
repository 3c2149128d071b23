package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A Vault or OpenBao server and how the gateway logs in to it.
 *
 * @param address https or http, without a path
 * @param caFile PEM bundle its certificate is checked against; absent: the JDK's trusted authorities
 * @param certFile PEM, the certificate the gateway shows, then its intermediates
 * @param keyFile PEM, its unencrypted PKCS#8 key
 * @param namespace Vault Enterprise's or OpenBao's namespace
 * @param auth how the gateway logs in
 * @param idleAfter a lease that no server connection has been opened with or has held for so long is given back; default 10m
 */
public record VaultConnectionConfig(
        URI address,
        Optional<Path> caFile,
        Optional<Path> certFile,
        Optional<Path> keyFile,
        Optional<String> namespace,
        VaultAuthConfig auth,
        Duration idleAfter)
        implements Checked {
    static final Duration DEFAULT_IDLE_AFTER = Duration.ofMinutes(10);

    @Override
    public void check(Checks checks) {
        boolean https = "https".equalsIgnoreCase(address.getScheme());
        String expected = "https://, or no TLS files";
        checks.range("idleAfter", idleAfter, Duration.ofSeconds(1), Duration.ofDays(30))
                .problem(certFile.isPresent() && keyFile.isEmpty(), "keyFile", "is missing", "the key of certFile")
                .problem(
                        keyFile.isPresent() && certFile.isEmpty(),
                        "certFile",
                        "is missing",
                        "the certificate of keyFile")
                .problem(
                        !https && (caFile.isPresent() || certFile.isPresent()),
                        "address",
                        "is not https, so caFile and certFile would do nothing",
                        expected)
                .problem(
                        auth instanceof VaultAuthConfig.Cert && certFile.isEmpty(),
                        "certFile",
                        "is missing",
                        "the certificate that auth.cert logs in with");
    }
}
