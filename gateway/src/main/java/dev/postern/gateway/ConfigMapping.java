package dev.postern.gateway;

import dev.postern.auth.Secret;
import dev.postern.auth.client.LoginThrottle;
import dev.postern.auth.client.PasswordSource;
import dev.postern.auth.client.ThrottleLimits;
import dev.postern.gateway.backend.Hosts;
import dev.postern.gateway.backend.LoadBalanceHosts;
import dev.postern.gateway.backend.ServerAddress;
import dev.postern.gateway.backend.TargetSessionAttrs;
import dev.postern.gateway.config.BackendConfig;
import dev.postern.gateway.config.BackendTlsConfig;
import dev.postern.gateway.config.CaFile;
import dev.postern.gateway.config.Cidr;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.config.ListenerConfig;
import dev.postern.gateway.config.ListenerTlsConfig;
import dev.postern.gateway.config.PoolConfig;
import dev.postern.gateway.config.ProxyProtocolConfig;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.config.RouteTimeoutsConfig;
import dev.postern.gateway.config.SecretNameConfig;
import dev.postern.gateway.config.ThrottleConfig;
import dev.postern.gateway.config.UserConfig;
import dev.postern.gateway.config.UserSecretConfig;
import dev.postern.gateway.frontend.ClientLimits;
import dev.postern.gateway.frontend.Listener.TlsMode;
import dev.postern.gateway.frontend.SessionTimeouts;
import dev.postern.gateway.frontend.UserTimes;
import dev.postern.gateway.pool.PoolMode;
import dev.postern.gateway.pool.PoolSettings;
import dev.postern.tls.BackendTlsSettings;
import dev.postern.tls.CertificateFiles;
import dev.postern.tls.CertificateSource;
import dev.postern.tls.ClientCertificatePolicy;
import dev.postern.tls.ListenerTlsSettings;
import dev.postern.tls.SslMode;
import dev.postern.tls.TlsProtocol;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/** The configuration's records in the words of the modules that use them. Pure. */
final class ConfigMapping {
    static final String ALPN = "postgresql";

    private ConfigMapping() {}

    static PoolSettings pool(PoolConfig config) {
        return new PoolSettings(
                PoolMode.valueOf(config.mode().name()),
                config.defaultPoolSize(),
                config.minPoolSize(),
                config.reservePoolSize(),
                config.reservePoolTimeout(),
                config.queryWaitTimeout(),
                config.serverLifetime(),
                config.serverIdleTimeout(),
                config.serverConnectTimeout(),
                config.serverLoginRetry(),
                config.serverCheckDelay(),
                config.serverCheckQuery(),
                config.serverResetQuery(),
                config.maxPreparedStatements(),
                config.cancelWaitTimeout(),
                config.queryWaitNotify(),
                config.maxDbConnections(),
                config.maxUserConnections(),
                config.serverRoundRobin(),
                config.serverResetQueryAlways(),
                config.serverFastClose(),
                config.pinOnSessionState());
    }

    static LoginThrottle throttle(ThrottleConfig config) {
        return new LoginThrottle(
                limits(ThrottleLimits.USER, config.userFailures(), config.longestPause()),
                limits(ThrottleLimits.ADDRESS, config.addressFailures(), config.longestPause()));
    }

    private static ThrottleLimits limits(ThrottleLimits usual, int free, Duration longest) {
        return new ThrottleLimits(free == 0 ? Integer.MAX_VALUE : free, usual.first(), longest, usual.forgive());
    }

    static UserTimes timeouts(RouteConfig config) {
        Map<String, UserTimes.Own> users = new HashMap<>();
        config.users()
                .forEach((name, user) ->
                        users.put(name, new UserTimes.Own(timeouts(user, config.timeouts()), user.queryWaitTimeout())));
        return new UserTimes(timeouts(config.timeouts()), users);
    }

    private static SessionTimeouts timeouts(UserConfig user, RouteTimeoutsConfig others) {
        return new SessionTimeouts(
                user.clientIdleTimeout().orElse(others.clientIdleTimeout()),
                user.idleTransactionTimeout().orElse(others.idleTransactionTimeout()),
                user.transactionTimeout().orElse(others.transactionTimeout()),
                user.queryTimeout().orElse(others.queryTimeout()));
    }

    private static SessionTimeouts timeouts(RouteTimeoutsConfig config) {
        return new SessionTimeouts(
                config.clientIdleTimeout(),
                config.idleTransactionTimeout(),
                config.transactionTimeout(),
                config.queryTimeout());
    }

    static ClientLimits limits(GatewayConfig config) {
        Map<String, ClientLimits.OfRoute> routes = new HashMap<>();
        for (RouteConfig route : config.routes()) {
            routes.put(
                    route.name(),
                    new ClientLimits.OfRoute(
                            route.limits().maxClientConnPerRoute(),
                            route.limits().maxDbClientConnections(),
                            clientLimits(route.users())));
        }
        return new ClientLimits(
                config.limits().maxClientConn(),
                config.limits().maxUserClientConnections(),
                clientLimits(config.users()),
                routes);
    }

    private static Map<String, Integer> clientLimits(Map<String, UserConfig> users) {
        Map<String, Integer> limits = new HashMap<>();
        users.forEach((name, user) -> user.maxUserClientConnections().ifPresent(most -> limits.put(name, most)));
        return limits;
    }

    /** A pool of a role that has settings of its own. */
    static PoolSettings pool(PoolSettings ofAll, UserConfig role) {
        return ofAll.forUser(
                role.poolMode().map(mode -> PoolMode.valueOf(mode.name())).orElse(ofAll.mode()),
                role.poolSize().orElse(ofAll.defaultPoolSize()),
                role.reservePoolSize().orElse(ofAll.reservePoolSize()),
                role.maxUserConnections().orElse(ofAll.maxUserConnections()));
    }

    static Hosts hosts(BackendConfig config) {
        return new Hosts(
                config.hosts().stream()
                        .map(host -> new ServerAddress(host.host(), host.port()))
                        .toList(),
                LoadBalanceHosts.valueOf(config.loadBalanceHosts().name()),
                TargetSessionAttrs.valueOf(config.targetSessionAttrs().name()),
                System::nanoTime);
    }

    static SslMode sslMode(BackendTlsConfig config) {
        return SslMode.parse(config.mode().keyword()).orElseThrow();
    }

    static BackendTlsSettings backendTls(BackendTlsConfig config) {
        return new BackendTlsSettings(
                sslMode(config), config.caFile().map(CaFile::path), config.certFile(), config.keyFile());
    }

    static Predicate<InetAddress> trustedProxies(ListenerConfig listener) {
        List<Cidr> trusted =
                listener.proxyProtocol().map(ProxyProtocolConfig::trustedCidrs).orElse(List.of());
        return address -> trusted.stream().anyMatch(network -> network.contains(address));
    }

    static TlsMode tlsMode(ListenerTlsConfig config) {
        return TlsMode.valueOf(config.mode().name());
    }

    /** @param fromSecret what a certificate of a Secret is now */
    static ListenerTlsSettings listenerTls(
            ListenerTlsConfig config, Function<SecretNameConfig, CertificateSource> fromSecret) {
        List<CertificateSource> certificates = config.certificates().stream()
                .map(certificate -> certificate
                        .secret()
                        .map(fromSecret)
                        .orElseGet(() -> new CertificateFiles(
                                certificate.certFile().orElseThrow(),
                                certificate.keyFile().orElseThrow())))
                .toList();
        return new ListenerTlsSettings(
                certificates,
                config.clientCaFile(),
                ClientCertificatePolicy.valueOf(
                        config.clientCertificatesInForce().name()),
                config.crlFile(),
                TlsProtocol.valueOf(config.minProtocol().name()),
                TlsProtocol.TLS_1_3,
                config.cipherSuites(),
                config.groups(),
                List.of(ALPN));
    }

    static Map<String, PasswordSource> users(Map<String, UserSecretConfig> users) {
        Map<String, PasswordSource> sources = new HashMap<>();
        users.forEach((name, secret) -> sources.put(
                name,
                switch (secret) {
                    case UserSecretConfig.Password(Secret password) -> new PasswordSource.Inline(password);
                    case UserSecretConfig.Verifier(Secret verifier) -> new PasswordSource.Inline(verifier);
                    case UserSecretConfig.SecretFile(var file) -> new PasswordSource.FromFile(file);
                }));
        return sources;
    }
}
