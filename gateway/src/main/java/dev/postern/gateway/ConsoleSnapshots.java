package dev.postern.gateway;

import dev.postern.gateway.backend.HostResolver;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.console.ConsoleClients;
import dev.postern.gateway.console.Counters;
import dev.postern.gateway.console.Snapshot;
import dev.postern.gateway.frontend.ClientCounts;
import dev.postern.gateway.frontend.SessionPool;
import dev.postern.gateway.pool.ClientFacts;
import dev.postern.gateway.pool.PoolStats;
import dev.postern.gateway.pool.Seat;
import dev.postern.gateway.pool.ServerFacts;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.Traffic;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;

/** What the console shows, gathered from the event loops: one task for each pool, which only reads. Blocks. */
final class ConsoleSnapshots {
    private static final long MICRO = 1000;

    private final ConsoleDatabases databases;
    private final Switches switches;
    private final ClientCounts counts;
    private final ConsoleClients consoles;
    private final HostResolver resolver;
    private final IntSupplier listenPort;

    ConsoleSnapshots(
            ConsoleDatabases databases,
            Switches switches,
            ClientCounts counts,
            ConsoleClients consoles,
            HostResolver resolver,
            IntSupplier listenPort) {
        this.databases = databases;
        this.switches = switches;
        this.counts = counts;
        this.consoles = consoles;
        this.resolver = resolver;
        this.listenPort = listenPort;
    }

    Snapshot take() {
        List<ConsoleDatabases.Entry> entries = databases.all();
        List<ConsoleDatabases.Found<Snapshot.Pool>> pools = databases.ask(entries, ConsoleSnapshots::look);
        List<Snapshot.Database> rows = new ArrayList<>();
        for (ConsoleDatabases.Entry entry : entries) {
            List<Snapshot.Pool> own = pools.stream()
                    .filter(found -> found.entry() == entry)
                    .map(ConsoleDatabases.Found::value)
                    .toList();
            rows.add(new Snapshot.Database(
                    entry.shown(),
                    entry.route().config(),
                    entry.backendDatabase(),
                    fixedRole(entry.route().config()),
                    own.stream().mapToInt(pool -> pool.servers().size()).sum(),
                    own.stream().mapToInt(pool -> pool.clients().size()).sum(),
                    switches.paused().contains(entry.database()),
                    switches.disabled().contains(entry.database())));
        }
        List<Snapshot.Credential> credentials = databases.routes().stream()
                .map(route -> new Snapshot.Credential(
                        route.config().name(), route.parts().credentials().status()))
                .toList();
        int loginClients = Math.max(0, counts.open() - counts.loggedIn() - consoles.size());
        return new Snapshot(
                Instant.now(),
                rows,
                pools.stream().map(ConsoleDatabases.Found::value).toList(),
                counts.open(),
                loginClients,
                listenPort.getAsInt(),
                consoles.facts(),
                consoles.counters(),
                resolver.known().stream()
                        .map(host -> new Snapshot.Host(host.name(), host.secondsLeft(), host.addresses()))
                        .toList(),
                credentials);
    }

    /** The role, where it is always the same. */
    private static Optional<String> fixedRole(RouteConfig route) {
        return switch (route.credentials()) {
            case CredentialsConfig.Static fixed -> Optional.of(fixed.user());
            case CredentialsConfig.RdsIam rds -> Optional.of(rds.user());
            case CredentialsConfig.AzureEntra(String user) -> Optional.of(user);
            case CredentialsConfig.CloudSqlIam(String user) -> Optional.of(user);
            default -> Optional.empty();
        };
    }

    /**
     * What stands for the role of a pool's servers. A leased role has a new name with each lease: as a label it would make
     * a new time series each time, so where it comes from stands for it.
     */
    private static String user(RouteRuntime route) {
        return switch (route.config().credentials()) {
            case CredentialsConfig.Static fixed -> fixed.user();
            case CredentialsConfig.Vault vault -> vault.path();
            default -> {
                String user = route.parts().credentials().status().user();
                yield user.isEmpty() ? route.config().name() : user;
            }
        };
    }

    private static Snapshot.Pool look(ConsoleDatabases.Entry entry, ConsoleDatabases.Place place, SessionPool pool) {
        List<ClientFacts> clients = pool.clients();
        Map<Long, Long> clientOfServer = new HashMap<>();
        for (ClientFacts client : clients) {
            client.server().ifPresent(server -> clientOfServer.put(server, client.id()));
        }
        List<Snapshot.Server> servers = new ArrayList<>();
        place.pool().leaving().forEach(old -> add(servers, old, clientOfServer));
        add(servers, pool.servers(), clientOfServer);
        return new Snapshot.Pool(
                entry.shown(),
                place.role().orElseGet(() -> user(entry.route())),
                entry.route().config(),
                pool.servers().view(),
                counters(place.pool().stats(), place.pool().traffic()),
                clients,
                servers);
    }

    private static void add(
            List<Snapshot.Server> servers, ServerPool<LentServer> pool, Map<Long, Long> clientOfServer) {
        long checkDelay = pool.settings().serverCheckDelay().toNanos();
        for (LentServer server : pool.servers()) {
            ServerFacts facts = server.facts();
            Long client = clientOfServer.get(facts.id());
            servers.add(new Snapshot.Server(
                    facts,
                    state(server.seat(), facts, checkDelay),
                    pool.closes(server),
                    client == null ? OptionalLong.empty() : OptionalLong.of(client)));
        }
    }

    /** PgBouncer's: {@code used} is idle for so long that it is checked first, {@code tested} is checked or reset now. */
    private static String state(Seat seat, ServerFacts facts, long checkDelay) {
        return switch (seat.state()) {
            case ACTIVE -> facts.resetting() ? facts.cancels() > 0 ? "being_canceled" : "tested" : "active";
            case IDLE -> System.nanoTime() - seat.idleSince() >= checkDelay ? "used" : "idle";
            case TESTED, GONE -> "tested";
        };
    }

    private static Counters counters(PoolStats stats, Traffic traffic) {
        return new Counters(
                stats.serverAssignments,
                traffic.transactions,
                traffic.queries,
                traffic.bytesFromClients,
                traffic.bytesFromServers,
                traffic.transactionTime / MICRO,
                traffic.queryTime / MICRO,
                stats.waitTime / MICRO,
                traffic.clientParses,
                traffic.serverParses,
                traffic.binds);
    }

    /** For averages: the totals by database. */
    Map<String, Counters> totals() {
        Map<String, Counters> totals = new HashMap<>(take().pools().stream()
                .collect(Collectors.toMap(Snapshot.Pool::database, Snapshot.Pool::counters, Counters::plus)));
        totals.put("pgbouncer", consoles.counters());
        return totals;
    }
}
