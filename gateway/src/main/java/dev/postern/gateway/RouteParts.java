package dev.postern.gateway;

import dev.postern.auth.client.AnyAuthenticator;
import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.auth.client.Md5Authenticator;
import dev.postern.auth.client.PasswordAuthenticator;
import dev.postern.auth.client.PasswordSource;
import dev.postern.auth.client.ScramAuthenticator;
import dev.postern.auth.client.StaticUserStore;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.FileCredentialSource;
import dev.postern.auth.credentials.StaticCredentialSource;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.ScramVerifier;
import dev.postern.gateway.config.ClientAuthConfig;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.config.UserList;
import dev.postern.tls.BackendTls;
import dev.postern.tls.SslMode;
import dev.postern.tls.UnusableTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The live parts of one route: who may come in, with what its servers are opened, and their TLS. Made on a thread that may
 * block, since it reads files and derives verifiers.
 */
record RouteParts(
        ClientAuthenticator authenticator, CredentialSource credentials, Optional<BackendTls> tls, Services services)
        implements AutoCloseable {

    static RouteParts of(RouteConfig config, Services services) throws StartFailure {
        Optional<BackendTls> tls = tls(config, services);
        return new RouteParts(authenticator(config, services), credentials(config, services), tls, services);
    }

    private static Optional<BackendTls> tls(RouteConfig config, Services services) throws StartFailure {
        if (ConfigMapping.sslMode(config.backend().tls()) == SslMode.DISABLE) {
            return Optional.empty();
        }
        try {
            BackendTls tls =
                    BackendTls.open(ConfigMapping.backendTls(config.backend().tls()));
            services.certificates().watch(tls);
            return Optional.of(tls);
        } catch (UnusableTls e) {
            throw new StartFailure("route " + config.name() + ": backend TLS: " + e.getMessage(), e);
        }
    }

    private static ClientAuthenticator authenticator(RouteConfig config, Services services) throws StartFailure {
        return switch (config.clientAuth()) {
            case ClientAuthConfig.Scram scram ->
                new ScramAuthenticator(
                        users(config.name(), scram, false), services.fakes(), ChannelBinding.PREFER, false);
            case ClientAuthConfig.Md5 md5 ->
                new Md5Authenticator(users(config.name(), md5, true), services.fakes(), ChannelBinding.PREFER);
            case ClientAuthConfig.Password password ->
                new PasswordAuthenticator(
                        users(config.name(), password, false), services.fakes(), services.stretching(), false);
            case ClientAuthConfig.Trust(boolean everywhere) -> new AnyAuthenticator(everywhere);
            case ClientAuthConfig.Any(boolean everywhere) -> new AnyAuthenticator(everywhere);
        };
    }

    private static StaticUserStore users(String route, ClientAuthConfig.WithUsers method, boolean md5)
            throws StartFailure {
        Map<String, PasswordSource> sources = new HashMap<>();
        if (method.usersFile().isPresent()) {
            sources.putAll(listed(method.usersFile().get()));
        }
        sources.putAll(ConfigMapping.users(method.users()));
        StaticUserStore store = new StaticUserStore(sources, ScramVerifier.DEFAULT_ITERATIONS, md5);
        List<String> problems = store.reload();
        if (!problems.isEmpty()) {
            throw new StartFailure("route " + route + ": " + String.join("; ", problems));
        }
        return store;
    }

    /** Users that PgBouncer's file lists without a secret come in by other methods: there are none here. */
    private static Map<String, PasswordSource> listed(Path file) throws StartFailure {
        UserList list;
        try {
            list = UserList.parse(Files.readString(file), file.toString());
        } catch (IOException e) {
            throw new StartFailure(file + ": the users file cannot be read: " + e.getMessage(), e);
        }
        if (!list.problems().isEmpty()) {
            throw new StartFailure(list.problems().getFirst().toString());
        }
        Map<String, PasswordSource> sources = new HashMap<>();
        list.users().forEach((user, secret) -> {
            if (secret.length() > 0) {
                sources.put(user, new PasswordSource.Inline(secret));
            }
        });
        return sources;
    }

    private static CredentialSource credentials(RouteConfig config, Services services) throws StartFailure {
        return switch (config.credentials()) {
            case CredentialsConfig.Static fixed
            when fixed.passwordFile().isPresent() ->
                FileCredentialSource.of(fixed.user(), fixed.passwordFile().get(), services.tasks());
            case CredentialsConfig.Static fixed ->
                new StaticCredentialSource(fixed.user(), fixed.password().orElse(Credential.NO_SECRET));
            case CredentialsConfig.File file ->
                FileCredentialSource.of(file.userFile(), file.passwordFile(), services.tasks());
            case CredentialsConfig.Vault vault -> services.vaults().source(vault);
            case CredentialsConfig.PassThrough ignored ->
                throw new StartFailure(
                        "route " + config.name() + ": credentials passThrough is not available in this build");
        };
    }

    @Override
    public void close() {
        credentials.close();
        tls.ifPresent(backend -> {
            services.certificates().unwatch(backend);
            backend.close();
        });
    }
}
