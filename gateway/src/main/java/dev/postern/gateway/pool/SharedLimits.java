package dev.postern.gateway.pool;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The two limits that a pool shares with others: that of its database and that of its server role. Safe for all threads. */
public final class SharedLimits {
    /** Of a pool that shares nothing. */
    public static final SharedLimits NONE = new SharedLimits(Optional.empty(), Optional.empty());

    private final Optional<Named> database;
    private final Optional<Named> user;

    /** All limits of the process by name; one without a pool is forgotten. */
    public static final class Registry {
        private final ConcurrentHashMap<String, ConnectionLimit> limits = new ConcurrentHashMap<>();

        /** Limits that pools have joined. */
        public int size() {
            return limits.size();
        }

        /** The limits of a pool of this database and this role; each name is shared by all pools that give it. */
        public SharedLimits of(String database, String user) {
            return new SharedLimits(
                    Optional.of(new Named(this, "database " + database)), Optional.of(new Named(this, "user " + user)));
        }
    }

    /** One limit, which is there as long as pools have joined it. */
    private static final class Named {
        private final Registry registry;
        private final String name;
        private ConnectionLimit limit = new ConnectionLimit();

        Named(Registry registry, String name) {
            this.registry = registry;
            this.name = name;
        }

        void join(ConnectionLimit.Member member) {
            registry.limits.compute(name, (key, known) -> {
                limit = known == null ? limit : known;
                limit.join(member);
                return limit;
            });
        }

        void leave(ConnectionLimit.Member member) {
            registry.limits.computeIfPresent(name, (key, known) -> known.leave(member) ? null : known);
        }
    }

    private SharedLimits(Optional<Named> database, Optional<Named> user) {
        this.database = database;
        this.user = user;
    }

    /** Connections of the pool's database over all its pools. */
    public int databaseConnections() {
        return database.map(named -> named.limit.taken()).orElse(0);
    }

    /** Connections of the pool's server role over all its pools. */
    public int userConnections() {
        return user.map(named -> named.limit.taken()).orElse(0);
    }

    void join(ConnectionLimit.Member member) {
        database.ifPresent(named -> named.join(member));
        user.ifPresent(named -> named.join(member));
    }

    void leave(ConnectionLimit.Member member) {
        database.ifPresent(named -> named.leave(member));
        user.ifPresent(named -> named.leave(member));
    }

    boolean tryTake(PoolSettings settings) {
        if (database.isPresent() && !database.get().limit.tryTake(settings.maxDbConnections())) {
            return false;
        }
        if (user.isPresent() && !user.get().limit.tryTake(settings.maxUserConnections())) {
            database.ifPresent(named -> named.limit.takeBack());
            return false;
        }
        return true;
    }

    void give() {
        database.ifPresent(named -> named.limit.give());
        user.ifPresent(named -> named.limit.give());
    }

    /** Has an idle server of another pool closed, under the limit that is reached. */
    void makeRoom(PoolSettings settings, ConnectionLimit.Member asker) {
        boolean databaseFull = settings.maxDbConnections() > 0
                && database.isPresent()
                && database.get().limit.taken() >= settings.maxDbConnections();
        Optional<Named> full = databaseFull ? database : user;
        full.ifPresent(named -> named.limit.makeRoom(asker));
    }
}
