package dev.postern.gateway;

import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.FileCredentialSource;
import dev.postern.auth.credentials.PassThroughCredentialSource;
import dev.postern.auth.credentials.StaticCredentialSource;
import dev.postern.auth.credentials.cloud.TokenCredentialSource;
import dev.postern.gateway.config.BackendHost;
import dev.postern.gateway.config.BackendTlsConfig;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.Folder;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.tls.BackendTls;
import dev.postern.tls.SslMode;
import dev.postern.tls.UnusableTls;
import java.util.List;
import java.util.Optional;

/**
 * The live parts of one route: who may come in, with what its servers are opened, and their TLS. Made on a thread that may
 * block, since it reads files and derives verifiers.
 */
record RouteParts(ClientAuth clientAuth, CredentialSource credentials, Optional<BackendTls> tls, Services services)
        implements AutoCloseable {

    static RouteParts of(RouteConfig config, Services services, AuthQueries authQueries) throws StartFailure {
        Optional<BackendTls> tls = backendTls(
                "route " + config.name() + ": backend", config.backend().tls(), services);
        return new RouteParts(
                ClientAuth.of(config, services, authQueries),
                credentials(
                        config.name(), config.credentials(), config.backend().hosts(), services),
                tls,
                services);
    }

    /** @param whose the beginning of a failure's sentence */
    static Optional<BackendTls> backendTls(String whose, BackendTlsConfig config, Services services)
            throws StartFailure {
        if (ConfigMapping.sslMode(config) == SslMode.DISABLE) {
            return Optional.empty();
        }
        try {
            BackendTls tls = BackendTls.open(ConfigMapping.backendTls(config));
            services.certificates().watch(tls);
            return Optional.of(tls);
        } catch (UnusableTls e) {
            throw new StartFailure(whose + " TLS: " + e.getMessage(), e);
        }
    }

    /**
     * That of a route which passes its clients' keys through has none itself: each role of its clients has its own.
     *
     * @param hosts the servers that it is for
     */
    static CredentialSource credentials(
            String route, CredentialsConfig config, List<BackendHost> hosts, Services services) throws StartFailure {
        return switch (config) {
            case CredentialsConfig.Static fixed
            when fixed.passwordFile().isPresent() ->
                FileCredentialSource.of(fixed.user(), fixed.passwordFile().get(), services.tasks());
            case CredentialsConfig.Static fixed ->
                new StaticCredentialSource(fixed.user(), fixed.password().orElse(Credential.NO_SECRET));
            case CredentialsConfig.File file ->
                FileCredentialSource.of(file.userFile(), file.passwordFile(), services.tasks());
            case CredentialsConfig.Secret secret
            when secret.directory().isPresent() -> mounted(secret.directory().get(), secret, services);
            case CredentialsConfig.Secret secret -> services.cluster().source(route, secret);
            case CredentialsConfig.RdsIam rds ->
                services.aws()
                        .source(
                                route,
                                rds,
                                rds.signedFor(hosts)
                                        .orElseThrow(
                                                () -> new StartFailure(
                                                        "route " + route
                                                                + ": credentials.rdsIam is signed for one server: give it an endpoint")));
            case CredentialsConfig.AzureEntra(String user) ->
                TokenCredentialSource.azure(user, System.getenv(), services.tasks());
            case CredentialsConfig.CloudSqlIam(String user) ->
                TokenCredentialSource.google(user, System.getenv(), services.tasks());
            case CredentialsConfig.Vault vault -> services.vaults().source(vault);
            case CredentialsConfig.PassThrough ignored -> new PassThroughCredentialSource("", () -> {});
        };
    }

    private static CredentialSource mounted(Folder directory, CredentialsConfig.Secret secret, Services services) {
        return FileCredentialSource.of(
                directory.path().resolve(secret.userKey()),
                directory.path().resolve(secret.passwordKey()),
                services.tasks());
    }

    @Override
    public void close() {
        clientAuth.close();
        credentials.close();
        tls.ifPresent(backend -> {
            services.certificates().unwatch(backend);
            backend.close();
        });
    }
}
