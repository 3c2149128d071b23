package dev.postern.tls;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How connections to a server use TLS.
 *
 * @param sslMode libpq's meaning
 * @param caFile PEM certificates the server's must chain up to; {@code system} stands for the JDK's own, with verify-full
 *     alone, as libpq's {@code sslrootcert=system}
 * @param crlFile PEM revocation lists, one for each CA of the chain ({@code sslcrl})
 * @param certFile our client certificate with its intermediates ({@code sslcert})
 * @param keyFile its key ({@code sslkey})
 * @param minimumProtocol the oldest version spoken ({@code ssl_min_protocol_version})
 * @param alpnProtocols offered to the server; empty: no ALPN
 */
public record BackendTlsSettings(
        SslMode sslMode,
        Optional<Path> caFile,
        Optional<Path> crlFile,
        Optional<Path> certFile,
        Optional<Path> keyFile,
        TlsProtocol minimumProtocol,
        List<String> alpnProtocols) {

    /** The CA "file" that means the JDK's own trusted certificates. */
    public static final Path SYSTEM = Path.of("system");

    public BackendTlsSettings {
        alpnProtocols = List.copyOf(alpnProtocols);
        if (sslMode.verifies() && caFile.isEmpty()) {
            throw new IllegalArgumentException("sslmode " + sslMode.text()
                    + " needs a CA file to verify the server against (or \"system\" with verify-full)");
        }
        if (caFile.isPresent() && caFile.get().equals(SYSTEM) && sslMode != SslMode.VERIFY_FULL) {
            // Anyone can get a certificate from a public CA: without the host name it says nothing.
            throw new IllegalArgumentException(
                    "the CA file \"system\" needs sslmode verify-full, not " + sslMode.text());
        }
        if (certFile.isPresent() != keyFile.isPresent()) {
            throw new IllegalArgumentException("a client certificate needs certFile and keyFile, only "
                    + (certFile.isPresent() ? "certFile" : "keyFile") + " is given");
        }
        if (crlFile.isPresent() && (caFile.isEmpty() || caFile.get().equals(SYSTEM))) {
            throw new IllegalArgumentException("crlFile needs a CA file");
        }
    }

    public BackendTlsSettings(SslMode sslMode, Optional<Path> caFile, Optional<Path> certFile, Optional<Path> keyFile) {
        this(sslMode, caFile, Optional.empty(), certFile, keyFile, TlsProtocol.TLS_1_2, List.of());
    }

    public static BackendTlsSettings of(SslMode sslMode) {
        return new BackendTlsSettings(sslMode, Optional.empty(), Optional.empty(), Optional.empty());
    }

    public BackendTlsSettings withAlpnProtocols(String... names) {
        return new BackendTlsSettings(sslMode, caFile, crlFile, certFile, keyFile, minimumProtocol, List.of(names));
    }

    public BackendTlsSettings withCrlFile(Path file) {
        return new BackendTlsSettings(
                sslMode, caFile, Optional.of(file), certFile, keyFile, minimumProtocol, alpnProtocols);
    }

    /** Every file whose change calls for a reload. */
    List<Path> files() {
        List<Path> files = new ArrayList<>();
        caFile.filter(file -> !file.equals(SYSTEM)).ifPresent(files::add);
        crlFile.ifPresent(files::add);
        certFile.ifPresent(files::add);
        keyFile.ifPresent(files::add);
        return files;
    }
}
