package dev.postern.gateway;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.vault.HttpVaultClient;
import dev.postern.auth.credentials.vault.SecretText;
import dev.postern.auth.credentials.vault.VaultEndpoint;
import dev.postern.auth.credentials.vault.VaultLogin;
import dev.postern.auth.credentials.vault.VaultLogins;
import dev.postern.auth.credentials.vault.VaultPath;
import dev.postern.auth.credentials.vault.VaultSettings;
import dev.postern.auth.credentials.vault.Vaults;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.ListenAddress;
import dev.postern.gateway.config.VaultAuthConfig;
import dev.postern.gateway.config.VaultConnectionConfig;
import dev.postern.gateway.protocol.LogKeys;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Vaults of the configuration that is in force. A connection that a reload changes is a new one beside the old, which
 * goes when the routes that used it have gone over. Used by one thread at a time, which may block.
 */
final class VaultConnections implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(VaultConnections.class);
    /** The gateway has one identity at each connection. */
    private static final String IDENTITY = "gateway";

    private final Cluster cluster;
    private final Vaults vaults;
    private final Map<String, Connection> connections = new HashMap<>();
    private int versions;

    /** @param id the engine's name for it: unlike the configured name, never used twice */
    private record Connection(VaultConnectionConfig config, String id) {}

    VaultConnections(BackgroundTasks tasks, Cluster cluster) {
        this.cluster = cluster;
        this.vaults = new Vaults(tasks);
    }

    /** Whether this connection is there and as configured: a route that uses another one has to be made anew. */
    boolean has(String name, VaultConnectionConfig config) {
        Connection known = connections.get(name);
        return known != null && known.config().equals(config);
    }

    /**
     * Makes the configured connections known. Nothing is sent yet: a Vault that is down keeps nobody from starting.
     *
     * @return what a failure has to undo, and success to forget
     */
    Change connect(Map<String, VaultConnectionConfig> configured) throws StartFailure {
        Change change = new Change(Map.copyOf(connections));
        try {
            for (Map.Entry<String, VaultConnectionConfig> entry : configured.entrySet()) {
                if (!has(entry.getKey(), entry.getValue())) {
                    connections.put(entry.getKey(), open(entry.getKey(), entry.getValue()));
                }
            }
        } catch (StartFailure | RuntimeException e) {
            change.undo();
            throw e;
        }
        connections.keySet().retainAll(configured.keySet());
        return change;
    }

    /** What a configuration has changed among the connections. */
    final class Change {
        private final Map<String, Connection> before;

        private Change(Map<String, Connection> before) {
            this.before = before;
        }

        /** The routes have changed over: what they no longer use goes. */
        void keep() {
            disconnect(before, connections);
        }

        void undo() {
            disconnect(connections, before);
            connections.clear();
            connections.putAll(before);
        }

        private void disconnect(Map<String, Connection> these, Map<String, Connection> butThose) {
            these.values().stream()
                    .filter(connection -> !butThose.containsValue(connection))
                    .forEach(connection -> vaults.disconnect(connection.id()));
        }
    }

    private Connection open(String name, VaultConnectionConfig config) throws StartFailure {
        versions++;
        String id = versions == 1 || !connections.containsKey(name) ? name : name + "#" + versions;
        VaultLogin login = login("vaultConnections." + name, config.auth());
        if (isReadable(config.address())) {
            log.atWarn()
                    .addKeyValue("connection", name)
                    .addKeyValue(LogKeys.ADDRESS, config.address())
                    .log("vault_unencrypted");
        }
        VaultEndpoint endpoint = VaultEndpoint.of(config.address());
        if (config.caFile().isPresent()) {
            endpoint = endpoint.withCaFile(config.caFile().get());
        }
        if (config.certFile().isPresent() && config.keyFile().isPresent()) {
            endpoint = endpoint.withClientCertificate(
                    config.certFile().get(), config.keyFile().get());
        }
        if (config.namespace().isPresent()) {
            endpoint = endpoint.withNamespace(config.namespace().get());
        }
        try {
            VaultSettings settings = VaultSettings.DEFAULTS.withIdleAfter(config.idleAfter());
            vaults.connect(id, new HttpVaultClient(endpoint), settings);
        } catch (IOException | GeneralSecurityException e) {
            throw new StartFailure("vaultConnections." + name + ": " + e.getMessage(), e);
        }
        vaults.identity(id, IDENTITY, login);
        return new Connection(config, id);
    }

    /** Whoever is on the way to it reads tokens and passwords. A proxy on this machine is not on a way. */
    static boolean isReadable(URI address) {
        return "http".equalsIgnoreCase(address.getScheme())
                && !new ListenAddress(address.getHost().replaceAll("[\\[\\]]", ""), 0).isLoopback();
    }

    private VaultLogin login(String whose, VaultAuthConfig auth) throws StartFailure {
        return switch (auth) {
            case VaultAuthConfig.Kubernetes(String role, String mount, Path file, var account) ->
                VaultLogins.kubernetes(
                        mount, role, account.isPresent() ? cluster.token(whose, account.get()) : SecretText.file(file));
            case VaultAuthConfig.AppRole(String roleId, Path secretIdFile, boolean wrapped, String mount) ->
                wrapped
                        ? VaultLogins.wrappedAppRole(mount, text(roleId), SecretText.file(secretIdFile))
                        : VaultLogins.appRole(mount, text(roleId), SecretText.file(secretIdFile));
            case VaultAuthConfig.Jwt(String role, Path tokenFile, String mount) ->
                VaultLogins.jwt(mount, role, SecretText.file(tokenFile));
            case VaultAuthConfig.Cert(Optional<String> role, String mount) ->
                VaultLogins.certificate(mount, role.orElse(""));
            case VaultAuthConfig.Token(Secret token) -> VaultLogins.token("token", SecretText.of(token));
            case VaultAuthConfig.TokenFile(Path file) -> VaultLogins.token("token file " + file, SecretText.file(file));
        };
    }

    private static SecretText text(String text) {
        return SecretText.of(Secret.ofText(text));
    }

    CredentialSource source(CredentialsConfig.Vault config) {
        Connection connection = connections.get(config.connection());
        if (connection == null) {
            throw new IllegalArgumentException("no Vault connection " + config.connection());
        }
        return vaults.source(
                connection.id(), IDENTITY, VaultPath.of(config.path()).as(kind(config.kind())));
    }

    private static VaultPath.Kind kind(CredentialsConfig.VaultKind kind) {
        return switch (kind) {
            case DETECT -> VaultPath.Kind.AUTO;
            case DYNAMIC -> VaultPath.Kind.DYNAMIC;
            case STATIC -> VaultPath.Kind.STATIC;
            case KV1 -> VaultPath.Kind.KV1;
            case KV2 -> VaultPath.Kind.KV2;
        };
    }

    /** Revokes what is leased; call it when every server connection is closed. Blocks for at most ten seconds. */
    @Override
    public void close() {
        vaults.close();
    }
}
