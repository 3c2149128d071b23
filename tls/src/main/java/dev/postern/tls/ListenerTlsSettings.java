package dev.postern.tls;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a listener does about TLS.
 *
 * @param certificates at least one; chosen by the client's server name, the first is the default
 * @param clientCaFile PEM certificates that client certificates must chain up to; needed unless the policy is NONE
 * @param clientCertificates whether clients are asked for a certificate
 * @param clientCrlFile PEM revocation lists, one for each CA of a client's chain, as PostgreSQL's {@code ssl_crl_file}
 * @param minimumProtocol the oldest version spoken
 * @param maximumProtocol the newest version spoken
 * @param tls12CipherSuites names of TLS 1.2 suites (OpenSSL's or IANA's), most wanted first; empty: the library's. Those
 *     of TLS 1.3 are fixed by BoringSSL
 * @param groups key exchange groups, most wanted first ({@code X25519}, {@code P-256}, {@code X25519MLKEM768}); empty:
 *     the library's
 * @param alpnProtocols protocol names this listener answers to; empty: ALPN is ignored
 */
public record ListenerTlsSettings(
        List<CertificateSource> certificates,
        Optional<Path> clientCaFile,
        ClientCertificatePolicy clientCertificates,
        Optional<Path> clientCrlFile,
        TlsProtocol minimumProtocol,
        TlsProtocol maximumProtocol,
        List<String> tls12CipherSuites,
        List<String> groups,
        List<String> alpnProtocols) {

    public ListenerTlsSettings {
        certificates = List.copyOf(certificates);
        tls12CipherSuites = List.copyOf(tls12CipherSuites);
        groups = List.copyOf(groups);
        alpnProtocols = List.copyOf(alpnProtocols);
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException("certificates: none given (expected: at least one)");
        }
        if (minimumProtocol.compareTo(maximumProtocol) > 0) {
            throw new IllegalArgumentException("minimumProtocol " + minimumProtocol.text()
                    + " is above maximumProtocol " + maximumProtocol.text());
        }
        if (clientCertificates != ClientCertificatePolicy.NONE && clientCaFile.isEmpty()) {
            throw new IllegalArgumentException(
                    "clientCertificates " + clientCertificates + " needs clientCaFile to verify them against");
        }
        if (clientCrlFile.isPresent() && clientCaFile.isEmpty()) {
            throw new IllegalArgumentException("clientCrlFile needs clientCaFile");
        }
    }

    /** One certificate, TLS 1.2 and 1.3, no client certificates. */
    public static ListenerTlsSettings of(CertificateSource certificate) {
        return new ListenerTlsSettings(
                List.of(certificate),
                Optional.empty(),
                ClientCertificatePolicy.NONE,
                Optional.empty(),
                TlsProtocol.TLS_1_2,
                TlsProtocol.TLS_1_3,
                List.of(),
                List.of(),
                List.of());
    }

    public ListenerTlsSettings withCertificates(CertificateSource... sources) {
        return new ListenerTlsSettings(
                List.of(sources),
                clientCaFile,
                clientCertificates,
                clientCrlFile,
                minimumProtocol,
                maximumProtocol,
                tls12CipherSuites,
                groups,
                alpnProtocols);
    }

    public ListenerTlsSettings withClientCertificates(ClientCertificatePolicy policy, Path caFile) {
        return new ListenerTlsSettings(
                certificates,
                Optional.of(caFile),
                policy,
                clientCrlFile,
                minimumProtocol,
                maximumProtocol,
                tls12CipherSuites,
                groups,
                alpnProtocols);
    }

    public ListenerTlsSettings withClientCrlFile(Path crlFile) {
        return new ListenerTlsSettings(
                certificates,
                clientCaFile,
                clientCertificates,
                Optional.of(crlFile),
                minimumProtocol,
                maximumProtocol,
                tls12CipherSuites,
                groups,
                alpnProtocols);
    }

    public ListenerTlsSettings withProtocols(TlsProtocol minimum, TlsProtocol maximum) {
        return new ListenerTlsSettings(
                certificates,
                clientCaFile,
                clientCertificates,
                clientCrlFile,
                minimum,
                maximum,
                tls12CipherSuites,
                groups,
                alpnProtocols);
    }

    public ListenerTlsSettings withTls12CipherSuites(String... suites) {
        return new ListenerTlsSettings(
                certificates,
                clientCaFile,
                clientCertificates,
                clientCrlFile,
                minimumProtocol,
                maximumProtocol,
                List.of(suites),
                groups,
                alpnProtocols);
    }

    public ListenerTlsSettings withGroups(String... names) {
        return new ListenerTlsSettings(
                certificates,
                clientCaFile,
                clientCertificates,
                clientCrlFile,
                minimumProtocol,
                maximumProtocol,
                tls12CipherSuites,
                List.of(names),
                alpnProtocols);
    }

    public ListenerTlsSettings withAlpnProtocols(String... names) {
        return new ListenerTlsSettings(
                certificates,
                clientCaFile,
                clientCertificates,
                clientCrlFile,
                minimumProtocol,
                maximumProtocol,
                tls12CipherSuites,
                groups,
                List.of(names));
    }

    /** Every file whose change calls for a reload. */
    List<Path> files() {
        List<Path> files = new ArrayList<>();
        certificates.forEach(source -> files.addAll(source.files()));
        clientCaFile.ifPresent(files::add);
        clientCrlFile.ifPresent(files::add);
        return files;
    }
}
