package dev.postern.gateway;

import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.auth.client.Identity;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialListener;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.GenerationState;
import dev.postern.auth.credentials.PassThroughCredentialSource;
import dev.postern.auth.server.LoginPolicy;
import dev.postern.gateway.backend.Backend;
import dev.postern.gateway.backend.HostResolver;
import dev.postern.gateway.backend.Hosts;
import dev.postern.gateway.backend.ServerConnector;
import dev.postern.gateway.config.AccessConfig;
import dev.postern.gateway.config.Cidr;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.config.UserConfig;
import dev.postern.gateway.frontend.ServedRoute;
import dev.postern.gateway.frontend.SessionPool;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.PoolMode;
import dev.postern.gateway.pool.PoolSettings;
import dev.postern.gateway.pool.PoolStats;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.StatementCache;
import dev.postern.gateway.relay.StatementMemory;
import dev.postern.gateway.relay.Traffic;
import dev.postern.routing.DatabaseTemplate;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One route of the configuration that is in force, with its pools: one for each backend database, and where the clients'
 * own roles are passed through, one for each of these. Outlives reloads that
 * leave the route unchanged; a changed one hands its pools on to its successor, so that sessions stay.
 */
final class RouteRuntime {
    /** Enough to open the successors of a large pool one by one. */
    /** How long a pool is kept that never had a server. */
    private static final Duration VAIN = Duration.ofMinutes(1);

    /** Over which connections are replaced at the most. */
    private static final Duration MOST_OLDER_SERVE = Duration.ofSeconds(30);

    /** The same where nothing tells when the older credential ends: its role may be dropped soon. */
    private static final Duration UNKNOWN_OLDER_SERVE = Duration.ofSeconds(2);

    private static final String ROLE_CHECK = "SELECT session_user";

    private final RouteConfig config;
    private final RouteParts parts;
    private final Loops loops;
    private final Services services;
    private final HostResolver resolver;
    private final Optional<DatabaseTemplate> database;
    private final Hosts hosts;
    private final boolean passThrough;
    /** Clients choose the database: nothing may be kept of one that a stranger asks for. */
    private final boolean anyDatabase;

    private final ConcurrentHashMap<PoolKey, DatabasePool> pools;

    /** The route as a later reload made it: a login that the reload overtook gets its pool from there. */
    private volatile Optional<RouteRuntime> successor = Optional.empty();

    private volatile boolean removed;

    /**
     * What a pool is for.
     *
     * @param role the server role of its clients; empty where the route has one for all
     */
    record PoolKey(String database, Optional<String> role) {
        /** As metrics and the status page show it. */
        @Override
        public String toString() {
            return role.map(name -> name + "@" + database).orElse(database);
        }
    }

    /** A backend database's place: its loop is chosen before its pool exists. */
    static final class DatabasePool {
        private final EventLoop loop;
        private final String name;
        /** Where the role's own keys open its servers. */
        private final Optional<PassThroughCredentialSource> own;

        private final boolean superuser;
        /** Who is told that a user's password has changed: the route as it is now. */
        private volatile Optional<ClientAuth> clientAuth = Optional.empty();

        private final List<ServerPool<LentServer>> leaving = new ArrayList<>();
        private final Traffic traffic = new Traffic();
        private final PoolStats stats = new PoolStats();
        private final StatementCache statements;
        private volatile Optional<SessionPool> pool = Optional.empty();
        /** Of the route as it is now. */
        private volatile boolean chosenByClients;

        private volatile Duration idleTimeout = Duration.ZERO;

        DatabasePool(EventLoop loop, String name, StatementMemory memory) {
            this(loop, name, memory, Optional.empty(), false);
        }

        DatabasePool(EventLoop loop, String name, StatementMemory memory, Optional<String> role, boolean superuser) {
            this.statements = new StatementCache(memory);
            this.loop = loop;
            this.name = name;
            this.own = role.map(user -> new PassThroughCredentialSource(user, () -> lookAgain(user)));
            this.superuser = superuser;
        }

        private void lookAgain(String user) {
            clientAuth.ifPresent(users -> users.lookAgain(user));
        }

        /** What clients call the database; where they have several names for it, one of them. */
        String name() {
            return name;
        }

        /** Pools that a reload has replaced, as long as servers of theirs are lent. On the loop. */
        List<ServerPool<LentServer>> leaving() {
            leaving.removeIf(ServerPool::empty);
            return leaving;
        }

        /** Neither now nor on the way. On the loop. */
        boolean hasNoServers() {
            return leaving().isEmpty()
                    && pool.stream().allMatch(current -> current.servers().empty());
        }

        /** Servers that close as soon as they come back. On the loop. */
        long closingServers() {
            long old =
                    leaving().stream().mapToLong(each -> each.servers().size()).sum();
            return old
                    + pool.stream()
                            .map(SessionPool::servers)
                            .mapToLong(current -> current.servers().stream()
                                    .filter(current::closes)
                                    .count())
                            .sum();
        }

        /** Whatever they do. On the loop. */
        void closeLeaving() {
            leaving().forEach(old -> old.servers().forEach(server -> server.close(CloseReason.RECONNECT)));
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
        this.hosts = ConfigMapping.hosts(config.backend());
        this.passThrough = config.credentials() instanceof CredentialsConfig.PassThrough;
        this.anyDatabase = config.match().databases().isEmpty()
                || config.match().databases().stream().anyMatch(name -> name.indexOf('*') >= 0);
        parts.credentials().listen(new CredentialListener() {
            @Override
            public void rotated(Credential current) {
                Duration olderServe = olderServe(current.generation() - 1);
                forEachPool(pool -> pool.servers().useGeneration(current.generation(), olderServe));
            }

            @Override
            public void spent(Credential credential) {
                forEachPool(pool -> pool.servers().endLending(credential.generation()));
            }

            @Override
            public void lost(Credential credential, String reason) {
                forEachPool(pool -> pool.servers().endLending(credential.generation()));
            }

            @Override
            public void ended(Credential credential, String reason) {
                forEachPool(pool -> pool.servers().endGeneration(credential.generation()));
            }
        });
    }

    /** As long as transactions that begin on a replaced credential still fit into what it has left, but not for ever. */
    private Duration olderServe(long generation) {
        GenerationState older = parts.credentials().generation(generation);
        if (older.phase() == GenerationState.Phase.DEAD || older.overdue()) {
            return Duration.ZERO;
        }
        if (older.servesUntil().equals(Instant.MAX)) {
            return UNKNOWN_OLDER_SERVE;
        }
        Duration left = Duration.between(services.tasks().now(), older.servesUntil());
        if (left.isNegative()) {
            return Duration.ZERO;
        }
        return left.compareTo(MOST_OLDER_SERVE) > 0 ? MOST_OLDER_SERVE : left;
    }

    RouteConfig config() {
        return config;
    }

    RouteParts parts() {
        return parts;
    }

    /** Backend databases that were asked for so far, with their pools. */
    Map<PoolKey, DatabasePool> pools() {
        return Map.copyOf(pools);
    }

    /** The database that a physical replication connection counts for, which names one that the route may not list. */
    String anyOf(String asked) {
        List<String> listed = config.match().databases();
        return listed.contains(asked)
                ? asked
                : listed.stream()
                        .filter(name -> name.indexOf('*') < 0)
                        .findFirst()
                        .orElse(asked);
    }

    /** The route as a login sees it that asked for this database. */
    ServedRoute serve(String asked, List<String> captures) {
        String backendDatabase = database.filter(template -> template.needed() <= captures.size())
                .map(template -> template.expand(captures))
                .orElse(asked);
        if (!passThrough && !anyDatabase) {
            pools.computeIfAbsent(
                    key(backendDatabase, ""),
                    key -> new DatabasePool(loops.deal(), shownName(asked), services.statementMemory()));
        }
        return new Served(asked, backendDatabase);
    }

    /** The same for a client that will be refused once it has proved who it is: it gets no pool. */
    ServedRoute refuse(String asked) {
        return new Served(asked, asked);
    }

    /** Whether the backend's database is made of more than what this client said. */
    boolean lacks(List<String> captures) {
        return database.map(DatabaseTemplate::needed).orElse(0) > captures.size();
    }

    private PoolKey key(String backendDatabase, String user) {
        return new PoolKey(backendDatabase, passThrough ? Optional.of(user) : Optional.empty());
    }

    /** Names that the route lists beside a fixed backend database share a pool: it has the first of them. */
    private String shownName(String asked) {
        List<String> listed = config.match().databases();
        return database.isPresent() && listed.contains(asked)
                ? listed.stream()
                        .filter(name -> name.indexOf('*') < 0)
                        .findFirst()
                        .orElse(asked)
                : asked;
    }

    /** Whether an operator has disabled the database: new clients are told so once they have proved who they are. */
    boolean isDisabled(String asked) {
        return services.switches().disabled().contains(new Switches.Database(config.name(), shownName(asked)));
    }

    /** The pools go on with this route's settings: called after it has taken its predecessor's place. */
    void takeOver(Optional<RouteRuntime> predecessor) {
        predecessor.ifPresent(before -> before.successor = Optional.of(this));
        pools.values().forEach(place -> place.clientAuth = Optional.of(parts.clientAuth()));
        Map.copyOf(pools).forEach(this::handOn);
    }

    private void handOn(PoolKey before, DatabasePool place) {
        PoolKey key = new PoolKey(databaseNow(before, place), before.role());
        if (!key.equals(before) && pools.putIfAbsent(key, place) == null) {
            pools.remove(before, place);
        }
        place.loop()
                .execute(() -> place.pool().ifPresent(pool -> {
                    ServerPool<LentServer> old = pool.servers();
                    pool.replace(newServers(key, place), ConfigMapping.timeouts(config));
                    old.close();
                    place.leaving().add(old);
                }));
    }

    /** The reload may have changed it; what the stars of a pattern stood for is not remembered, and stays. */
    private String databaseNow(PoolKey before, DatabasePool place) {
        if (database.isEmpty()) {
            return place.name();
        }
        return database.get().needed() == 0 ? database.get().expand(List.of()) : before.database();
    }

    /** The route is no longer configured. */
    void remove() {
        removed = true;
        forEachPool(pool -> {
            pool.remove();
            pool.servers().close();
        });
        pools.values().forEach(place -> place.own.ifPresent(CredentialSource::close));
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
    private PoolSettings poolSettings(PoolKey key, DatabasePool place) {
        PoolSettings ofAll = ConfigMapping.pool(config.pool());
        UserConfig role = config.users().get(role(key));
        PoolSettings settings = role == null ? ofAll : ConfigMapping.pool(ofAll, role);
        if (place.own.isPresent()) {
            return settings.forOneRole(place.superuser ? PoolMode.SESSION : settings.mode());
        }
        boolean leased = config.credentials() instanceof CredentialsConfig.Vault;
        return leased && settings.serverCheckQuery().isEmpty() ? settings.withServerCheckQuery(ROLE_CHECK) : settings;
    }

    private ServerPool<LentServer> newServers(PoolKey key, DatabasePool place) {
        place.chosenByClients = anyDatabase;
        place.idleTimeout = config.pool().autodbIdleTimeout();
        PoolSettings settings = poolSettings(key, place);
        CredentialSource credentials =
                place.own.<CredentialSource>map(own -> own).orElse(parts.credentials());
        Backend backend = new Backend(
                config.name(),
                hosts,
                key.database(),
                ConfigMapping.sslMode(config.backend().tls()),
                parts.tls(),
                new LoginPolicy(
                        config.backend().allowCleartextPassword(),
                        LoginPolicy.DEFAULT.channelBinding(),
                        LoginPolicy.DEFAULT.minIterations()),
                !passThrough
                        || key.role().filter(config.access()::admitsSuperuser).isPresent(),
                serverParameters(),
                config.backend().connectQuery(),
                services.tcp());
        Returns returns = new Returns(place);
        ServerConnector connector = new ServerConnector(
                backend,
                settings,
                credentials,
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
                generation -> credentials.generation(generation).overdue(),
                place.stats(),
                services.limits().of(config.name() + " " + key.database(), role(key)));
        returns.pool = Optional.of(servers);
        if (services.switches().isPaused(new Switches.Database(config.name(), place.name()))) {
            servers.pause();
        }
        return servers;
    }

    /** {@code role} is a setting like others: given at the login, it is what RESET comes back to. */
    private Map<String, String> serverParameters() {
        Map<String, String> parameters = new LinkedHashMap<>(config.backend().parameters());
        config.access().setRole().ifPresent(role -> parameters.put("role", role));
        return parameters;
    }

    /** Whose connections maxUserConnections counts together; a source of changing roles counts as one. */
    private String role(PoolKey key) {
        return switch (config.credentials()) {
            case CredentialsConfig.Static fixed -> fixed.user();
            case CredentialsConfig.File file -> "file " + file.userFile();
            case CredentialsConfig.Secret secret -> "secret " + secret.place();
            case CredentialsConfig.RdsIam rds -> rds.user();
            case CredentialsConfig.AzureEntra(String user) -> user;
            case CredentialsConfig.CloudSqlIam(String user) -> user;
            case CredentialsConfig.Vault vault -> "vault " + vault.connection() + " " + vault.path();
            case CredentialsConfig.PassThrough none -> key.role().orElse("");
        };
    }

    /** Ties the two that need each other: the pool opens connections, and they go back to it. */
    private static final class Returns implements ServerConnector.Returns {
        private final DatabasePool place;
        private Optional<ServerPool<LentServer>> pool = Optional.empty();

        Returns(DatabasePool place) {
            this.place = place;
        }

        @Override
        public void targetLost() {
            pool.orElseThrow().reconnect();
        }

        @Override
        public void welcomedBy(Map<String, String> parameters) {
            place.pool().ifPresent(sessions -> sessions.welcomedBy(parameters));
        }

        @Override
        public void checkin(LentServer server) {
            pool.orElseThrow().checkin(server);
        }

        @Override
        public void remove(LentServer server, CloseReason reason) {
            pool.orElseThrow().remove(server, reason);
        }
    }

    /** The pool of a role whose own keys open its servers. */
    private DatabasePool ownPlace(PoolKey key, EventLoop loop, String name, boolean superuser) {
        DatabasePool place = new DatabasePool(loop, name, services.statementMemory(), key.role(), superuser);
        place.clientAuth = Optional.of(parts.clientAuth());
        place.own
                .orElseThrow()
                .listen(current -> loop.execute(
                        () -> place.pool().ifPresent(pool -> pool.servers().useGeneration(current.generation()))));
        return place;
    }

    /** A route and the backend database that a client asked for. */
    private final class Served implements ServedRoute {
        private final String asked;
        private final String backendDatabase;

        Served(String asked, String backendDatabase) {
            this.asked = asked;
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
            return parts.clientAuth().authenticator();
        }

        @Override
        public Optional<Refusal> refuses(Identity identity) {
            return identity.privileged() && !config.access().admitsSuperuser(identity.user())
                    ? Optional.of(new Refusal.SuperuserRefused(identity.user(), name()))
                    : Optional.empty();
        }

        /** A client's own role that can replicate reads all databases of the server: it needs leave as superusers do. */
        @Override
        public Optional<Refusal> refusesReplication(Identity identity) {
            return passThrough && !config.access().admitsSuperuser(identity.user())
                    ? Optional.of(new Refusal.SuperuserRefused(identity.user(), name()))
                    : Optional.empty();
        }

        @Override
        public boolean disablesPqexec() {
            return config.pool().disablePqexec();
        }

        @Override
        public boolean addsHost() {
            return config.pool().applicationNameAddHost();
        }

        @Override
        public EventLoop loop(String user) {
            PoolKey key = key(backendDatabase, user);
            DatabasePool place = pools.get(key);
            return place == null ? loops.of(key) : place.loop();
        }

        @Override
        public SessionPool pool(Identity identity) {
            PoolKey key = key(backendDatabase, identity.user());
            EventLoop loop = loop(identity.user());
            DatabasePool place = pools.computeIfAbsent(
                    key,
                    absent -> passThrough
                            ? newest().ownPlace(key, loop, shownName(asked), identity.privileged())
                            : new DatabasePool(loop, shownName(asked), services.statementMemory()));
            identity.passThrough().ifPresent(keys -> place.own.ifPresentOrElse(own -> own.offer(keys), keys::close));
            return place.pool().orElseGet(() -> newest().newPool(key, place));
        }
    }

    private RouteRuntime newest() {
        RouteRuntime route = this;
        for (Optional<RouteRuntime> next = successor; next.isPresent(); next = route.successor) {
            route = next.get();
        }
        return route;
    }

    private SessionPool newPool(PoolKey key, DatabasePool place) {
        SessionPool made = new SessionPool(
                config.name(),
                place.loop(),
                newServers(key, place),
                place.statements(),
                ConfigMapping.timeouts(config));
        place.pool = Optional.of(made);
        if (removed) { // while the client logged in
            made.remove();
            made.servers().close();
            return made;
        }
        loops.janitor(place.loop()).add(made);
        made.onUnused(new SessionPool.Unused() {
            @Override
            public void lastClientGone() {
                place.own.ifPresent(PassThroughCredentialSource::forget);
            }

            @Override
            public void empty(Duration time) {
                if (isForgotten(place, time)) {
                    pools.values().remove(place); // a reload may have given it another key
                    loops.janitor(place.loop()).remove(made);
                    made.servers().close(); // or its limits remember it
                }
            }
        });
        return made;
    }

    /** A client role's own pool ends with its last client; that of a database which clients choose, some time later. */
    private boolean isForgotten(DatabasePool place, Duration unused) {
        return place.own.isPresent()
                || place.chosenByClients
                        && isLongEnough(unused, place.idleTimeout, place.stats.serversOpened == 0)
                        && place.hasNoServers();
    }

    /** @param vain no server was ever opened for it: most likely there is no such database, and clients can make up many */
    static boolean isLongEnough(Duration unused, Duration limit, boolean vain) {
        return !limit.isZero() && unused.compareTo(limit) >= 0 || vain && unused.compareTo(VAIN) >= 0;
    }
}
