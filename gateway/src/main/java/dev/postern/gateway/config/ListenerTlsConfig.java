package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * TLS towards clients.
 *
 * @param mode default {@code require}
 * @param certificates the one for a connection is chosen by server name; the first is for clients without one
 * @param clientCaFile PEM bundle that client certificates are checked against
 * @param clientCertificates default {@code optional}, which without {@code clientCaFile} asks for none: read it through
 *     {@link #clientCertificatesInForce()}
 * @param crlFile PEM list of revoked client certificates
 * @param minProtocol default {@code TLSv1.2}
 * @param cipherSuites those of TLS 1.2 by OpenSSL's or IANA's name, most wanted first; empty: the library's. Those of TLS 1.3
 *     are fixed
 * @param groups key exchange groups, most wanted first; empty: the library's
 */
public record ListenerTlsConfig(
        ListenerTlsMode mode,
        List<CertificateConfig> certificates,
        Optional<Path> clientCaFile,
        ClientCertificates clientCertificates,
        Optional<Path> crlFile,
        TlsProtocol minProtocol,
        List<String> cipherSuites,
        List<String> groups)
        implements Checked {

    static final ListenerTlsConfig DEFAULTS = new ListenerTlsConfig(
            ListenerTlsMode.REQUIRE,
            List.of(),
            Optional.empty(),
            ClientCertificates.OPTIONAL,
            Optional.empty(),
            TlsProtocol.TLS_1_2,
            List.of(),
            List.of());

    public ListenerTlsConfig {
        certificates = List.copyOf(certificates);
        cipherSuites = List.copyOf(cipherSuites);
        groups = List.copyOf(groups);
    }

    /** What is really asked of clients: without a CA there is nothing to check a certificate against. */
    public ClientCertificates clientCertificatesInForce() {
        return clientCaFile.isPresent() ? clientCertificates : ClientCertificates.NONE;
    }

    @Override
    public void check(Checks checks) {
        boolean off = mode == ListenerTlsMode.DISABLE;
        checks.problem(
                        !off && certificates.isEmpty(),
                        "certificates",
                        "is missing or empty",
                        "at least one {certFile: ..., keyFile: ...}, or mode: disable")
                .problem(
                        clientCertificates == ClientCertificates.REQUIRED && clientCaFile.isEmpty(),
                        "clientCaFile",
                        "is missing",
                        "the CA file that clientCertificates: required checks against")
                .problem(
                        clientCertificates == ClientCertificates.NONE && clientCaFile.isPresent(),
                        "clientCertificates",
                        "is none, so clientCaFile would have no effect",
                        "optional or required, or no clientCaFile")
                .problem(
                        crlFile.isPresent() && clientCaFile.isEmpty(),
                        "crlFile",
                        "has no effect without clientCaFile",
                        "both or neither");
    }
}
