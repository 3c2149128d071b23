package dev.postern.gateway;

import dev.postern.gateway.config.ClientAuthConfig;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.config.UserConfig;
import dev.postern.gateway.console.ConsoleClients;
import dev.postern.gateway.console.ConsoleFailure;
import dev.postern.gateway.console.ConsolePort;
import dev.postern.gateway.console.ConsoleVersion;
import dev.postern.gateway.console.Setting;
import dev.postern.gateway.console.Snapshot;
import dev.postern.gateway.console.StatsPeriods;
import dev.postern.gateway.frontend.ConsoleDoor;
import dev.postern.gateway.frontend.SessionPool;
import dev.postern.gateway.pgbouncer.PgBouncerKey;
import dev.postern.gateway.protocol.SqlStates;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The console's commands, done on the running gateway. */
final class ConsoleGateway implements ConsolePort {
    private static final long FIRST_LOOK_MILLIS = 5;
    private static final long LAST_LOOK_MILLIS = 100;

    private final Supplier<GatewayConfig> config;
    private final GatewayConfig defaults;
    private final ConsoleDatabases databases;
    private final ConsoleSnapshots snapshots;
    private final ConsoleClients consoles;
    private final Switches switches;
    private final StatsPeriods periods;
    private final BooleanSupplier shuttingDown;
    private volatile ProcessControl process = ProcessControl.NONE;

    ConsoleGateway(
            Supplier<GatewayConfig> config,
            GatewayConfig defaults,
            ConsoleDatabases databases,
            ConsoleSnapshots snapshots,
            ConsoleClients consoles,
            Switches switches,
            StatsPeriods periods,
            BooleanSupplier shuttingDown) {
        this.config = config;
        this.defaults = defaults;
        this.databases = databases;
        this.snapshots = snapshots;
        this.consoles = consoles;
        this.switches = switches;
        this.periods = periods;
        this.shuttingDown = shuttingDown;
    }

    void process(ProcessControl control) {
        process = control;
    }

    /** As SIGTERM, where there is a process. */
    void quit() {
        process.quit();
    }

    // ---- looking

    @Override
    public Snapshot snapshot() {
        return snapshots.take();
    }

    @Override
    public StatsPeriods periods() {
        return periods;
    }

    @Override
    public List<Setting> settings() {
        GatewayConfig current = config.get();
        return Arrays.stream(PgBouncerKey.values())
                .map(key -> new Setting(key.key(), key.value(current), key.value(defaults), key.changeable()))
                .toList();
    }

    @Override
    public String version() {
        return ConsoleVersion.text(Version.text());
    }

    @Override
    public String state() {
        return switch (switches.mode()) {
            case ACTIVE -> "active";
            case PAUSED -> "paused";
            case SUSPENDED -> "suspended";
        };
    }

    @Override
    public boolean isUser(String user) {
        return isAdmin(user) || config.get().admin().statsUsers().contains(user);
    }

    @Override
    public boolean isAdmin(String user) {
        return config.get().admin().consoleUsers().contains(user);
    }

    @Override
    public List<User> users(Snapshot snapshot) {
        GatewayConfig current = config.get();
        Set<String> names = new TreeSet<>();
        names.addAll(current.admin().consoleUsers());
        names.addAll(current.admin().statsUsers());
        for (RouteConfig route : current.routes()) {
            if (route.clientAuth() instanceof ClientAuthConfig.WithUsers method) {
                names.addAll(method.users().keySet());
            }
            if (route.credentials() instanceof CredentialsConfig.Static fixed) {
                names.add(fixed.user());
            }
        }
        names.addAll(current.users().keySet());
        snapshot.pools().forEach(pool -> pool.clients().forEach(client -> names.add(client.user())));
        return names.stream()
                .map(name -> new User(
                        name,
                        Optional.ofNullable(current.users().get(name)),
                        Optional.ofNullable(current.users().get(name))
                                .flatMap(UserConfig::maxUserConnections)
                                .orElse(current.pool().maxUserConnections()),
                        (int) snapshot.pools().stream()
                                .flatMap(pool -> pool.servers().stream())
                                .filter(server -> server.facts().user().equals(name))
                                .count(),
                        Optional.ofNullable(current.users().get(name))
                                .flatMap(UserConfig::maxUserClientConnections)
                                .orElse(current.limits().maxUserClientConnections()),
                        (int) snapshot.pools().stream()
                                .flatMap(pool -> pool.clients().stream())
                                .filter(client -> client.user().equals(name))
                                .count()))
                .toList();
    }

    // ---- commands

    @Override
    public void pause(String database, BooleanSupplier givenUp) throws ConsoleFailure {
        List<ConsoleDatabases.Entry> entries;
        synchronized (this) {
            active();
            entries = targets(database, "pause");
            if (database.isEmpty()) {
                switches.mode(Switches.Mode.PAUSED);
            } else {
                entries.forEach(entry -> switches.paused().add(entry.database()));
            }
            forEach(entries, pool -> pool.servers().pause());
        }
        boolean done = await(
                () -> entries.stream().noneMatch(entry -> switches.isPaused(entry.database()))
                        || all(entries, (place, pool) -> place.hasNoServers()),
                givenUp);
        if (!done) {
            resumeQuietly(database);
            throw canceled();
        }
    }

    private void resumeQuietly(String database) {
        try {
            resume(database);
        } catch (ConsoleFailure alreadyResumed) {
            // Somebody else was quicker.
        }
    }

    private static ConsoleFailure canceled() {
        return new ConsoleFailure(SqlStates.QUERY_CANCELED, "canceling statement due to user request");
    }

    @Override
    public synchronized void resume(String database) throws ConsoleFailure {
        if (database.isEmpty()) {
            if (shuttingDown.getAsBoolean()) {
                throw new ConsoleFailure("pooler is shutting down");
            }
            switch (switches.mode()) {
                case ACTIVE -> throw new ConsoleFailure("pooler is not paused/suspended");
                case PAUSED -> switches.mode(Switches.Mode.ACTIVE);
                case SUSPENDED -> {
                    switches.mode(Switches.Mode.ACTIVE);
                    forEach(databases.all(), pool -> pool.suspend(false));
                }
            }
            resumePools(databases.all());
            return;
        }
        ConsoleDatabases.Entry entry = find(database);
        if (!switches.paused().remove(entry.database())) {
            throw new ConsoleFailure("database " + database + " is not paused");
        }
        resumePools(List.of(entry));
    }

    private void resumePools(List<ConsoleDatabases.Entry> entries) {
        forEach(
                entries.stream()
                        .filter(entry -> !switches.isPaused(entry.database()))
                        .toList(),
                pool -> pool.servers().resume());
    }

    @Override
    public void disable(String database) throws ConsoleFailure {
        switches.disabled().add(target(database, "disable").database());
    }

    @Override
    public void enable(String database) throws ConsoleFailure {
        switches.disabled().remove(target(database, "enable").database());
    }

    @Override
    public void reconnect(String database) throws ConsoleFailure {
        List<ConsoleDatabases.Entry> entries = targets(database, "reconnect");
        forEach(entries, pool -> pool.servers().reconnect());
        all(entries, (place, pool) -> true); // the answer comes when it has been done everywhere
    }

    @Override
    public synchronized void kill(String database) throws ConsoleFailure {
        active();
        List<ConsoleDatabases.Entry> entries = targets(database, "kill");
        entries.forEach(entry -> switches.paused().add(entry.database()));
        forEach(entries, pool -> {
            pool.servers().pause();
            pool.kill();
        });
        for (ConsoleDatabases.Entry entry : entries) {
            entry.places().forEach(place -> place.pool().loop().execute(place.pool()::closeLeaving));
        }
        all(entries, (place, pool) -> true);
    }

    @Override
    public void killClient(long id) throws ConsoleFailure {
        List<ConsoleDatabases.Entry> entries = databases.all();
        boolean killed = consoles.kill(id)
                || databases.ask(entries, (entry, place, pool) -> pool.kill(id)).stream()
                        .anyMatch(ConsoleDatabases.Found::value);
        if (!killed) {
            throw new ConsoleFailure("client not found");
        }
    }

    @Override
    public void waitClose(String database, BooleanSupplier givenUp) throws ConsoleFailure {
        List<ConsoleDatabases.Entry> entries =
                database.isEmpty() ? databases.all() : List.of(target(database, "wait in"));
        if (!await(() -> all(entries, (place, pool) -> place.closingServers() == 0), givenUp)) {
            throw canceled();
        }
    }

    @Override
    public void suspend(BooleanSupplier givenUp) throws ConsoleFailure {
        List<ConsoleDatabases.Entry> entries;
        synchronized (this) {
            active();
            if (!switches.paused().isEmpty()) {
                throw new ConsoleFailure("cannot suspend with paused databases");
            }
            switches.mode(Switches.Mode.SUSPENDED);
            entries = databases.all();
            forEach(entries, pool -> pool.suspend(true));
        }
        boolean done = await(
                () -> switches.mode() != Switches.Mode.SUSPENDED || all(entries, (place, pool) -> pool.isFlushed()),
                givenUp);
        if (!done) {
            resumeQuietly("");
            throw canceled();
        }
    }

    @Override
    public void reload() throws ConsoleFailure {
        process.reload();
    }

    @Override
    public void set(String key, String value) throws ConsoleFailure {
        process.set(key, value);
    }

    @Override
    public void shutdown(Shutdown mode) throws ConsoleFailure {
        process.shutdown(mode);
    }

    // ---- databases

    private void active() throws ConsoleFailure {
        if (switches.mode() != Switches.Mode.ACTIVE) {
            throw new ConsoleFailure("already suspended/paused");
        }
    }

    /** One database, or all where none is named. */
    private List<ConsoleDatabases.Entry> targets(String database, String verb) throws ConsoleFailure {
        return database.isEmpty() ? databases.all() : List.of(target(database, verb));
    }

    private ConsoleDatabases.Entry target(String database, String verb) throws ConsoleFailure {
        if (database.equals(ConsoleDoor.DATABASE)) {
            throw new ConsoleFailure("cannot " + verb + " admin db: " + database);
        }
        return find(database);
    }

    private ConsoleDatabases.Entry find(String database) throws ConsoleFailure {
        return databases.find(database).orElseThrow(() -> new ConsoleFailure("no such database: " + database));
    }

    private static void forEach(List<ConsoleDatabases.Entry> entries, Consumer<SessionPool> action) {
        for (ConsoleDatabases.Entry entry : entries) {
            entry.places()
                    .forEach(place -> place.pool()
                            .loop()
                            .execute(() -> place.pool().pool().ifPresent(action)));
        }
    }

    /** A question about a pool, asked on its loop. */
    private interface Question {
        boolean isTrue(RouteRuntime.DatabasePool place, SessionPool pool);
    }

    /** Whether it is true of all pools, each of which has answered. */
    private boolean all(List<ConsoleDatabases.Entry> entries, Question question) {
        List<ConsoleDatabases.Found<Boolean>> answers =
                databases.ask(entries, (entry, place, pool) -> question.isTrue(place.pool(), pool));
        long pools = entries.stream()
                .flatMap(entry -> entry.places().stream())
                .filter(place -> place.pool().pool().isPresent())
                .count();
        return answers.size() == pools && answers.stream().allMatch(ConsoleDatabases.Found::value);
    }

    /** Looks again and again; false when whoever asked has given up. */
    private static boolean await(BooleanSupplier done, BooleanSupplier givenUp) {
        for (long pause = FIRST_LOOK_MILLIS; !done.getAsBoolean(); pause = Math.min(2 * pause, LAST_LOOK_MILLIS)) {
            if (givenUp.getAsBoolean()) {
                return false;
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }
}
