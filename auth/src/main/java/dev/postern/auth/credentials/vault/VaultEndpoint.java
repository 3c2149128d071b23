package dev.postern.auth.credentials.vault;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Where a Vault is and how to reach it.
 *
 * @param address {@code https://host:8200}; a path before {@code /v1} is kept (an agent behind a proxy)
 * @param namespace {@code X-Vault-Namespace}, empty for the root namespace
 * @param caFile PEM bundle; none: the JDK's trusted authorities. Read again when its content changes
 * @param clientCertificate PEM chain and unencrypted PKCS#8 key, for mTLS and the cert login
 * @param connectTimeout for TCP alone
 * @param requestTimeout for connection, handshake and answer together: a frozen server accepts connections
 */
public record VaultEndpoint(
        URI address,
        String namespace,
        Optional<Path> caFile,
        Optional<ClientCertificate> clientCertificate,
        Duration connectTimeout,
        Duration requestTimeout) {
    public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    public static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);

    /** PEM files; read again when their content changes. */
    public record ClientCertificate(Path certFile, Path keyFile) {}

    public VaultEndpoint {
        String scheme = String.valueOf(address.getScheme());
        if (!scheme.equals("http") && !scheme.equals("https") || address.getHost() == null) {
            throw new IllegalArgumentException("Vault address " + address + " (expected: https://host:port)");
        }
    }

    public static VaultEndpoint of(URI address) {
        return new VaultEndpoint(address, "", Optional.empty(), Optional.empty(), CONNECT_TIMEOUT, REQUEST_TIMEOUT);
    }

    public VaultEndpoint withCaFile(Path file) {
        return new VaultEndpoint(
                address, namespace, Optional.of(file), clientCertificate, connectTimeout, requestTimeout);
    }

    public VaultEndpoint withNamespace(String name) {
        return new VaultEndpoint(address, name, caFile, clientCertificate, connectTimeout, requestTimeout);
    }

    public VaultEndpoint withClientCertificate(Path certFile, Path keyFile) {
        return new VaultEndpoint(
                address,
                namespace,
                caFile,
                Optional.of(new ClientCertificate(certFile, keyFile)),
                connectTimeout,
                requestTimeout);
    }

    public VaultEndpoint withTimeouts(Duration connect, Duration request) {
        return new VaultEndpoint(address, namespace, caFile, clientCertificate, connect, request);
    }
}
