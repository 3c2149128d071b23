package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.nio.file.Path;
import java.util.Optional;

/**
 * TLS towards a route's servers.
 *
 * @param mode default {@code prefer}, as in libpq and PgBouncer
 * @param caFile PEM bundle the server's certificate is checked against, or {@code system} (libpq: sslrootcert)
 * @param certFile PEM, the certificate the gateway shows (libpq: sslcert)
 * @param keyFile PEM, its unencrypted key (libpq: sslkey)
 */
public record BackendTlsConfig(
        BackendTlsMode mode, Optional<CaFile> caFile, Optional<Path> certFile, Optional<Path> keyFile)
        implements Checked {

    static final BackendTlsConfig DEFAULTS =
            new BackendTlsConfig(BackendTlsMode.PREFER, Optional.empty(), Optional.empty(), Optional.empty());

    @Override
    public void check(Checks checks) {
        checks.problem(
                        mode.verifies() && caFile.isEmpty(),
                        "caFile",
                        "is missing",
                        "the CA file that mode " + mode.keyword() + " checks the server against")
                .problem(
                        !mode.verifies() && caFile.isPresent(),
                        "mode",
                        "is " + mode.keyword() + ", so caFile would check nothing",
                        "verify-full or verify-ca, or no caFile")
                .problem(
                        mode == BackendTlsMode.VERIFY_CA && caFile.equals(Optional.of(CaFile.SYSTEM)),
                        "mode",
                        "is verify-ca, and anybody gets a certificate from a public authority",
                        "verify-full, which compares the host name too")
                .problem(certFile.isPresent() && keyFile.isEmpty(), "keyFile", "is missing", "the key of certFile")
                .problem(
                        keyFile.isPresent() && certFile.isEmpty(),
                        "certFile",
                        "is missing",
                        "the certificate of keyFile");
    }
}
