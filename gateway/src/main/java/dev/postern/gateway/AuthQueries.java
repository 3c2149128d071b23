package dev.postern.gateway;

import dev.postern.auth.client.AuthQueryLimits;
import dev.postern.auth.client.AuthQuerySql;
import dev.postern.auth.client.AuthQueryUserStore;
import dev.postern.auth.client.UserStore;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.server.LoginPolicy;
import dev.postern.gateway.backend.AuthQueryPool;
import dev.postern.gateway.backend.Backend;
import dev.postern.gateway.backend.HostResolver;
import dev.postern.gateway.backend.Hosts;
import dev.postern.gateway.backend.ServerAddress;
import dev.postern.gateway.config.AuthQueryBackendConfig;
import dev.postern.gateway.config.BackendConfig;
import dev.postern.gateway.config.ClientAuthConfig;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.pool.PoolMode;
import dev.postern.gateway.pool.PoolSettings;
import dev.postern.tls.BackendTls;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The look-ups of users (auth_query): those that routes share, by name, and the making of those of one route. Used by one
 * thread at a time, which may block.
 */
final class AuthQueries implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(10);

    private final Loops loops;
    private final HostResolver resolver;
    private final Services services;
    private final Map<String, Shared> shared = new HashMap<>();

    private record Shared(ClientAuthConfig.AuthQuery config, Lookup lookup) {}

    /** A look-up and what it holds. */
    record Lookup(
            UserStore users,
            AuthQueryPool pool,
            CredentialSource credentials,
            Optional<BackendTls> tls,
            Services services)
            implements AutoCloseable {
        @Override
        public void close() {
            pool.close();
            credentials.close();
            tls.ifPresent(backend -> {
                services.certificates().unwatch(backend);
                backend.close();
            });
        }
    }

    AuthQueries(Loops loops, HostResolver resolver, Services services) {
        this.loops = loops;
        this.resolver = resolver;
        this.services = services;
    }

    /** Names of shared look-ups that are there as the configuration wants them. */
    Set<String> same(GatewayConfig next, Set<String> sameVaults) {
        return next.authQueries().entrySet().stream()
                .filter(entry -> {
                    Shared known = shared.get(entry.getKey());
                    return known != null
                            && known.config().equals(entry.getValue())
                            && vaultsOf(entry.getValue()).stream().allMatch(sameVaults::contains);
                })
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /**
     * Makes those that are new or changed, in force as soon as routes are made of them.
     *
     * @return what a failure has to undo, and success to close
     */
    Change connect(GatewayConfig next, Set<String> same) throws StartFailure {
        Map<String, Shared> before = new HashMap<>(shared);
        Map<String, Shared> made = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, ClientAuthConfig.AuthQuery> entry :
                    next.authQueries().entrySet()) {
                if (!same.contains(entry.getKey())) {
                    ClientAuthConfig.AuthQuery config = entry.getValue();
                    made.put(
                            entry.getKey(),
                            new Shared(
                                    config,
                                    open(
                                            "authQueries." + entry.getKey(),
                                            config,
                                            config.backend().orElseThrow())));
                }
            }
        } catch (StartFailure | RuntimeException e) {
            made.values().forEach(one -> one.lookup().close());
            throw e;
        }
        shared.putAll(made);
        return new Change(before, made, next.authQueries().keySet());
    }

    /** What a configuration has changed among the shared look-ups. */
    final class Change {
        private final Map<String, Shared> before;
        private final Map<String, Shared> made;
        private final Set<String> wanted;

        Change(Map<String, Shared> before, Map<String, Shared> made, Set<String> wanted) {
            this.before = before;
            this.made = made;
            this.wanted = wanted;
        }

        /** The routes are in force: what they no longer use is closed. */
        void keep() {
            before.forEach((name, old) -> {
                if (made.containsKey(name) || !wanted.contains(name)) {
                    old.lookup().close();
                }
            });
            shared.keySet().retainAll(wanted);
        }

        void undo() {
            made.values().forEach(one -> one.lookup().close());
            shared.clear();
            shared.putAll(before);
        }
    }

    /** The Vault connections that a look-up's own role comes from. */
    static Set<String> vaultsOf(ClientAuthConfig.AuthQuery query) {
        return query.credentials().filter(CredentialsConfig.Vault.class::isInstance).stream()
                .map(vault -> ((CredentialsConfig.Vault) vault).connection())
                .collect(Collectors.toSet());
    }

    UserStore shared(String name) {
        Shared known = shared.get(name);
        if (known == null) {
            throw new IllegalArgumentException("no authQueries." + name);
        }
        return known.lookup().users();
    }

    /** The look-up of one route, at that route's servers where it names no others. */
    Lookup ofRoute(String route, ClientAuthConfig.AuthQuery config, BackendConfig routeBackend) throws StartFailure {
        return open(
                route,
                config,
                config.backend()
                        .orElseGet(() -> new AuthQueryBackendConfig(
                                routeBackend.hosts(), routeBackend.tls(), routeBackend.allowCleartextPassword())));
    }

    private Lookup open(String name, ClientAuthConfig.AuthQuery config, AuthQueryBackendConfig servers)
            throws StartFailure {
        Optional<BackendTls> tls = RouteParts.backendTls(name + ": auth_query", servers.tls(), services);
        CredentialSource credentials =
                RouteParts.credentials(name, config.credentials().orElseThrow(), servers.hosts(), services);
        List<ServerAddress> hosts = servers.hosts().stream()
                .map(host -> new ServerAddress(host.host(), host.port()))
                .toList();
        Backend backend = new Backend(
                name,
                Hosts.inOrder(hosts),
                config.database(),
                ConfigMapping.sslMode(servers.tls()),
                tls,
                new LoginPolicy(
                        servers.allowCleartextPassword(),
                        LoginPolicy.DEFAULT.channelBinding(),
                        LoginPolicy.DEFAULT.minIterations()),
                true,
                Map.of("options", AuthQuerySql.PINNED_OPTIONS, "application_name", "postern auth_query"),
                Optional.empty(),
                services.tcp());
        var loop = loops.deal();
        AuthQueryPool pool = new AuthQueryPool(
                backend,
                config.query()
                        .orElseGet(() ->
                                AuthQuerySql.valueOf(config.preset().name()).sql()),
                settings(config),
                credentials,
                services.scramKeys(),
                loop,
                Loops.timer(loop),
                loops.transport().channel(),
                resolver);
        AuthQueryLimits limits = new AuthQueryLimits(
                AuthQueryLimits.DEFAULT.maximumSize(),
                config.cacheTtl(),
                min(config.cacheTtl(), AuthQueryLimits.DEFAULT.unknown()),
                AuthQueryLimits.DEFAULT.failed(),
                AuthQueryLimits.DEFAULT.lookAgain(),
                AuthQueryLimits.DEFAULT.maximumUnderWay());
        return new Lookup(new AuthQueryUserStore(pool, limits), pool, credentials, tls, services);
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static PoolSettings settings(ClientAuthConfig.AuthQuery config) {
        PoolSettings defaults = PoolSettings.defaults();
        return new PoolSettings(
                PoolMode.TRANSACTION,
                config.poolSize(),
                0,
                0,
                defaults.reservePoolTimeout(),
                CONNECT_TIMEOUT,
                defaults.serverLifetime(),
                IDLE_TIMEOUT,
                CONNECT_TIMEOUT,
                Duration.ofSeconds(1),
                defaults.serverCheckDelay(),
                "",
                "",
                0,
                defaults.cancelWaitTimeout(),
                Duration.ZERO,
                0,
                0,
                false,
                false,
                false,
                false);
    }

    @Override
    public void close() {
        shared.values().forEach(one -> one.lookup().close());
        shared.clear();
    }
}
