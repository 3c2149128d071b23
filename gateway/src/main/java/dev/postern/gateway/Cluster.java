package dev.postern.gateway;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.kubernetes.SecretCredentialSource;
import dev.postern.auth.credentials.kubernetes.ServiceAccountToken;
import dev.postern.auth.credentials.kubernetes.WatchedSecret;
import dev.postern.auth.credentials.vault.SecretText;
import dev.postern.auth.kubernetes.api.ApiEndpoint;
import dev.postern.auth.kubernetes.api.ApiFailure;
import dev.postern.auth.kubernetes.api.ApiServer;
import dev.postern.auth.kubernetes.api.ObjectName;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.KubernetesApiConfig;
import dev.postern.gateway.config.SecretNameConfig;
import dev.postern.gateway.config.ServiceAccountConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The Kubernetes cluster of the configuration, and API servers that single routes name: whoever asks the same one as the
 * same account shares its client. Used by one thread at a time; what it gives out may be used by any.
 */
final class Cluster implements AutoCloseable {
    private final KubernetesApiConfig config;
    private final BackgroundTasks tasks;
    private final Map<ApiEndpoint, ApiServer> servers = new HashMap<>();

    Cluster(KubernetesApiConfig config, BackgroundTasks tasks) {
        this.config = config;
        this.tasks = tasks;
    }

    /** @param whose the beginning of a failure's sentence */
    ApiServer server(String whose, ApiEndpoint endpoint) throws StartFailure {
        ApiServer server = servers.computeIfAbsent(endpoint, made -> new ApiServer(made, tasks::run));
        try {
            server.check();
            return server;
        } catch (ApiFailure e) {
            throw new StartFailure(whose + ": " + e.getMessage(), e);
        }
    }

    private ApiServer ofConfiguration(String whose) throws StartFailure {
        return server(
                whose + " by kubernetesApi", new ApiEndpoint(config.address(), config.tokenFile(), config.caFile()));
    }

    /** A Secret that is read by the API, and watched from its first use on. */
    CredentialSource source(String route, CredentialsConfig.Secret secret) throws StartFailure {
        String whose = "route " + route + ": credentials.secret";
        return SecretCredentialSource.of(
                ofConfiguration(whose),
                namespace(whose, secret.namespace()),
                secret.name().orElseThrow(),
                secret.userKey(),
                secret.passwordKey(),
                tasks);
    }

    /** Tokens of this account, for one identity at Vault: asked for when it logs in. */
    SecretText token(String whose, ServiceAccountConfig account) throws StartFailure {
        return new ServiceAccountToken(
                ofConfiguration(whose),
                namespace(whose, account.namespace()),
                account.name(),
                account.audiences(),
                tasks);
    }

    /** A Secret whose values are told again whenever they change. */
    WatchedSecret watch(String whose, SecretNameConfig secret, List<String> keys, Consumer<Map<String, Secret>> changed)
            throws StartFailure {
        return new WatchedSecret(
                ofConfiguration(whose), namespace(whose, secret.namespace()), secret.name(), keys, changed, tasks);
    }

    private String namespace(String whose, Optional<String> named) throws StartFailure {
        Optional<String> configured = named.or(config::namespace);
        if (configured.isPresent()) {
            return configured.get();
        }
        String expected = " (expected: namespace there or in kubernetesApi, or a pod's "
                + KubernetesApiConfig.NAMESPACE_FILE + ")";
        try {
            String ofPod = Files.readString(KubernetesApiConfig.NAMESPACE_FILE).strip();
            if (ObjectName.isNamespace(ofPod)) {
                return ofPod;
            }
            throw new StartFailure(whose + " has no namespace, and the pod's is no name of one" + expected);
        } catch (IOException e) {
            throw new StartFailure(whose + " has no namespace" + expected, e);
        }
    }

    @Override
    public void close() {
        servers.values().forEach(ApiServer::close);
    }
}
