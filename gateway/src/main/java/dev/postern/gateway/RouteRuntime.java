package dev.postern.gateway;

import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.auth.client.Identity;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialListener;
import dev.postern.auth.server.LoginPolicy;
import dev.postern.gateway.backend.Backend;
import dev.postern.gateway.backend.HostResolver;
import dev.postern.gateway.backend.ServerConnector;
import dev.postern.gateway.config.AccessConfig;
import dev.postern.gateway.config.Cidr;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.frontend.ServedRoute;
import dev.postern.gateway.frontend.SessionPool;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.PoolSettings;
import dev.postern.gateway.pool.PoolStats;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.StatementCache;
import dev.postern.gateway.relay.Traffic;
import dev.postern.routing.DatabaseTemplate;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One route of the configuration that is in force, with its pools: one for each backend database. Outlives reloads that
 * leave the route unchanged; a changed one hands its pools on to its successor, so that sessions stay.
 */
final class RouteRuntime {
    private static final String ROLE_CHECK = "SELECT session_user";

    private final RouteConfig config;
    private final RouteParts parts;
    private final Loops loops;
    private final Services services;
    private final HostResolver resolver;
    private final Optional<DatabaseTemplate> database;
    private final ConcurrentHashMap<String, DatabasePool> pools;

    /** A backend database's place: its loop is chosen before its pool exists. */
    static final class DatabasePool {
        private final EventLoop loop;
        private final Traffic traffic = new Traffic();
        private final PoolStats stats = new PoolStats();
        private final StatementCache statements = new StatementCache();
        private volatile Optional<SessionPool> pool = Optional.empty();

        DatabasePool(EventLoop loop) {
            this.loop = loop;
        }

        EventLoop loop() {
            return loop;
        }

        Traffic traffic() {
            return traffic;
        }

        /** Outlives the server pools that a reload replaces. */
        PoolStats stats() {
            return stats;
        }

        StatementCache statements() {
            return statements;
        }

        /** Empty until the first client has logged in. */
        Optional<SessionPool> pool() {
            return pool;
        }
    }

    RouteRuntime(
            RouteConfig config,
            RouteParts parts,
            Loops loops,
            Services services,
            HostResolver resolver,
            Optional<RouteRuntime> predecessor) {
        this.config = config;
        this.parts = parts;
        this.loops = loops;
        this.services = services;
        this.resolver = resolver;
        this.database = config.backend().database().map(DatabaseTemplate::parse);
        this.pools = predecessor.map(before -> before.pools).orElseGet(ConcurrentHashMap::new);
        parts.credentials().listen(new CredentialListener() {
            @Override
            public void rotated(Credential current) {
                forEachPool(pool -> pool.servers().useGeneration(current.generation()));
            }

            @Override
            public void ended(Credential credential, String reason) {
                forEachPool(pool -> pool.servers().endGeneration(credential.generation()));
            }
        });
    }

    RouteConfig config() {
        return config;
    }

    RouteParts parts() {
        return parts;
    }

    /** Backend databases that were asked for so far, with their pools. */
    Map<String, DatabasePool> pools() {
        return Map.copyOf(pools);
    }

    /** The route as a login sees it that asked for this database. */
    ServedRoute serve(String asked, List<String> captures) {
        String backendDatabase =
                database.map(template -> template.expand(captures)).orElse(asked);
        return new Served(
                pools.computeIfAbsent(backendDatabase, name -> new DatabasePool(loops.deal())), backendDatabase);
    }

    /** The pools go on with this route's settings: called after it has taken its predecessor's place. */
    void takeOver() {
        pools.forEach((name, place) -> place.loop()
                .execute(() -> place.pool().ifPresent(pool -> {
                    ServerPool<LentServer> before = pool.servers();
                    pool.replace(newServers(name, place), ConfigMapping.timeouts(config.timeouts()));
                    before.close();
                })));
    }

    /** The route is no longer configured. */
    void remove() {
        forEachPool(pool -> {
            pool.remove();
            pool.servers().close();
        });
    }

    void drain() {
        forEachPool(SessionPool::drain);
    }

    void terminate() {
        forEachPool(SessionPool::terminate);
    }

    void closeServers() {
        forEachPool(pool -> pool.servers().close());
    }

    private void forEachPool(java.util.function.Consumer<SessionPool> action) {
        pools.values().forEach(place -> place.loop().execute(() -> place.pool().ifPresent(action)));
    }

    /** A role that Vault drops answers an empty query as before: only asking for it shows that it is gone (42704). */
    private PoolSettings poolSettings() {
        PoolSettings settings = ConfigMapping.pool(config.pool());
        boolean leased = config.credentials() instanceof CredentialsConfig.Vault;
        return leased && settings.serverCheckQuery().isEmpty() ? settings.withServerCheckQuery(ROLE_CHECK) : settings;
    }

    private ServerPool<LentServer> newServers(String backendDatabase, DatabasePool place) {
        PoolSettings settings = poolSettings();
        Backend backend = new Backend(
                config.name(),
                ConfigMapping.hosts(config.backend()),
                backendDatabase,
                ConfigMapping.sslMode(config.backend().tls()),
                parts.tls(),
                new LoginPolicy(
                        config.backend().allowCleartextPassword(),
                        LoginPolicy.DEFAULT.channelBinding(),
                        LoginPolicy.DEFAULT.minIterations()),
                config.backend().parameters());
        Returns returns = new Returns();
        ServerConnector connector = new ServerConnector(
                backend,
                settings,
                parts.credentials(),
                services.scramKeys(),
                place.loop(),
                loops.transport().channel(),
                resolver,
                place.traffic(),
                place.statements(),
                returns);
        ServerPool<LentServer> servers = new ServerPool<>(
                settings,
                connector,
                Loops.timer(place.loop()),
                generation -> parts.credentials().generation(generation).overdue(),
                place.stats());
        returns.pool = Optional.of(servers);
        return servers;
    }

    /** Ties the two that need each other: the pool opens connections, and they go back to it. */
    private static final class Returns implements ServerConnector.Returns {
        private Optional<ServerPool<LentServer>> pool = Optional.empty();

        @Override
        public void checkin(LentServer server) {
            pool.orElseThrow().checkin(server);
        }

        @Override
        public void remove(LentServer server, CloseReason reason) {
            pool.orElseThrow().remove(server, reason);
        }
    }

    /** A route and the backend database that a client asked for. */
    private final class Served implements ServedRoute {
        private final DatabasePool place;
        private final String backendDatabase;

        Served(DatabasePool place, String backendDatabase) {
            this.place = place;
            this.backendDatabase = backendDatabase;
        }

        @Override
        public String name() {
            return config.name();
        }

        @Override
        public Optional<Refusal> refuses(String user, SocketAddress client) {
            AccessConfig access = config.access();
            if (!access.allowUsers().isEmpty() && !access.allowUsers().contains(user)) {
                return Optional.of(new Refusal.AccessDenied(user, name(), "not one of access.allowUsers"));
            }
            if (!(client instanceof InetSocketAddress inet) || inet.getAddress() == null) {
                return Optional.empty();
            }
            boolean denied = contains(access.denyCidrs(), inet.getAddress());
            boolean allowed = access.allowCidrs().isEmpty() || contains(access.allowCidrs(), inet.getAddress());
            return denied || !allowed
                    ? Optional.of(new Refusal.AccessDenied(user, name(), "address not allowed by access"))
                    : Optional.empty();
        }

        private static boolean contains(List<Cidr> networks, InetAddress address) {
            return networks.stream().anyMatch(network -> network.contains(address));
        }

        @Override
        public ClientAuthenticator authenticator() {
            return parts.authenticator();
        }

        @Override
        public EventLoop loop() {
            return place.loop();
        }

        @Override
        public SessionPool pool(Identity identity) {
            return place.pool().orElseGet(() -> {
                SessionPool made = new SessionPool(
                        config.name(),
                        place.loop(),
                        newServers(backendDatabase, place),
                        place.statements(),
                        ConfigMapping.timeouts(config.timeouts()));
                place.pool = Optional.of(made);
                loops.janitor(place.loop()).add(made);
                return made;
            });
        }
    }
}
