package dev.postern.gateway.console;

import dev.postern.auth.credentials.CredentialStatus;
import dev.postern.gateway.config.PoolConfig;
import dev.postern.gateway.config.PoolMode;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.config.UserConfig;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Every SHOW that has a table: columns, their order and types are PgBouncer's, but for CREDENTIALS, LISTENING and PINNED, which are ours. */
enum Show {
    ACTIVE_SOCKETS(SocketTables.DEBUG_COLUMNS, port -> SocketTables.sockets(port.snapshot(), true)),
    CLIENTS(SocketTables.COLUMNS, port -> SocketTables.clients(port.snapshot())),
    CONFIG(Column.of("ssss", "key", "value", "default", "changeable"), Show::config),
    CREDENTIALS(
            Column.of(
                    "sssqsqiTsT",
                    "route",
                    "source",
                    "user",
                    "generation",
                    "state",
                    "seconds_left",
                    "retiring",
                    "last_rotation",
                    "last_error",
                    "last_error_at"),
            Show::credentials),
    DATABASES(
            Column.of(
                    "ssissiiiissiiiiii",
                    "name",
                    "host",
                    "port",
                    "database",
                    "force_user",
                    "pool_size",
                    "min_pool_size",
                    "reserve_pool_size",
                    "server_lifetime",
                    "pool_mode",
                    "load_balance_hosts",
                    "max_connections",
                    "current_connections",
                    "max_client_connections",
                    "current_client_connections",
                    "paused",
                    "disabled"),
            Show::databases),
    DNS_HOSTS(Column.of("sqs", "hostname", "ttl", "addrs"), Show::hosts),
    DNS_ZONES(Column.of("sqi", "zonename", "serial", "count"), port -> List.of()),
    FDS(
            Column.of(
                    "issssiqisssssbb",
                    "fd",
                    "task",
                    "user",
                    "database",
                    "addr",
                    "port",
                    "cancel",
                    "link",
                    "client_encoding",
                    "std_strings",
                    "datestyle",
                    "timezone",
                    "password",
                    "scram_client_key",
                    "scram_server_key"),
            port -> List.of()),
    LISTS(Column.of("si", "list", "items"), Show::lists),
    LISTENING(
            Column.of("ssii", "database", "user", "client_id", "channels"),
            port -> SocketTables.listening(port.snapshot())),
    MEM(Column.of("siiii", "name", "size", "used", "free", "memtotal"), port -> memory()),
    PEERS(Column.of("isii", "peer_id", "host", "port", "pool_size"), port -> List.of()),
    PEER_POOLS(
            Column.of(
                    "iiiii",
                    "peer_id",
                    "cl_active_cancel_req",
                    "cl_waiting_cancel_req",
                    "sv_active_cancel",
                    "sv_login"),
            port -> List.of()),
    PINNED(
            Column.of("ssiis", "database", "user", "client_id", "server_pid", "pinned_by"),
            port -> SocketTables.pinned(port.snapshot())),
    POOLS(
            Column.of(
                    "ssiiiiiiiiiiiiiss",
                    "database",
                    "user",
                    "cl_active",
                    "cl_waiting",
                    "cl_active_cancel_req",
                    "cl_waiting_cancel_req",
                    "sv_active",
                    "sv_active_cancel",
                    "sv_being_canceled",
                    "sv_idle",
                    "sv_used",
                    "sv_tested",
                    "sv_login",
                    "maxwait",
                    "maxwait_us",
                    "pool_mode",
                    "load_balance_hosts"),
            Show::pools),
    SERVERS(SocketTables.COLUMNS, port -> SocketTables.servers(port.snapshot())),
    SOCKETS(SocketTables.DEBUG_COLUMNS, port -> SocketTables.sockets(port.snapshot(), false)),
    STATE(Column.of("ss", "key", "value"), Show::state),
    STATS(StatsTables.STATS_COLUMNS, port -> StatsTables.stats(port.snapshot(), port.periods(), System.nanoTime())),
    STATS_AVERAGES(
            StatsTables.AVERAGES_COLUMNS,
            port -> StatsTables.averages(port.snapshot(), port.periods(), System.nanoTime())),
    STATS_TOTALS(StatsTables.TOTALS_COLUMNS, port -> StatsTables.totals(port.snapshot())),
    TOTALS(StatsTables.SUM_COLUMNS, port -> StatsTables.sums(port.snapshot(), port.periods(), System.nanoTime())),
    USERS(
            Column.of(
                    "ssssiiii",
                    "name",
                    "pool_size",
                    "reserve_pool_size",
                    "pool_mode",
                    "max_user_connections",
                    "current_connections",
                    "max_user_client_connections",
                    "current_client_connections"),
            Show::users),
    VERSION(Column.of("s", "version"), port -> List.of(Row.of(port.version())));

    private static final int CONSOLE_POOL_SIZE = 2;

    /** The parameters that PgBouncer answers SHOW for because drivers ask. */
    private static final Map<String, String> FAKED = Map.of(
            "client_encoding", "UTF-8",
            "default_transaction_isolation", "read committed",
            "standard_conforming_strings", "on",
            "datestyle", "ISO",
            "timezone", "GMT");

    private final List<Column> columns;
    private final Function<ConsolePort, List<Row>> rows;

    Show(List<Column> columns, Function<ConsolePort, List<Row>> rows) {
        this.columns = columns;
        this.rows = rows;
    }

    List<Column> columns() {
        return columns;
    }

    Table table(ConsolePort port) {
        return new Table(columns, rows.apply(port));
    }

    static Optional<Show> find(String word) {
        for (Show show : values()) {
            if (show.name().toLowerCase(Locale.ROOT).equals(word)) {
                return Optional.of(show);
            }
        }
        return Optional.empty();
    }

    static boolean isFaked(String parameter) {
        return FAKED.containsKey(parameter);
    }

    static Optional<Table> faked(String parameter) {
        return Optional.ofNullable(FAKED.get(parameter))
                .map(value -> new Table(Column.of("s", parameter), List.of(Row.of(value))));
    }

    private static List<Row> config(ConsolePort port) {
        return port.settings().stream()
                .map(setting -> Row.of(
                        setting.key(), setting.value(), setting.defaultValue(), setting.changeable() ? "yes" : "no"))
                .toList();
    }

    private static List<Row> credentials(ConsolePort port) {
        List<Row> rows = new ArrayList<>();
        for (Snapshot.Credential credential : port.snapshot().credentials()) {
            CredentialStatus status = credential.status();
            rows.add(Row.of(
                    credential.route(),
                    status.source(),
                    status.user(),
                    status.generation(),
                    status.state().name().toLowerCase(Locale.ROOT),
                    status.left().map(Duration::toSeconds),
                    status.retiring(),
                    status.lastRotation(),
                    status.lastError(),
                    status.lastErrorAt()));
        }
        return rows;
    }

    private static List<Row> databases(ConsolePort port) {
        Snapshot snapshot = port.snapshot();
        List<Row> rows = new ArrayList<>();
        rows.add(Row.of(
                "pgbouncer",
                Optional.empty(),
                snapshot.listenPort(),
                "pgbouncer",
                "pgbouncer",
                CONSOLE_POOL_SIZE,
                0,
                0,
                PoolConfig.DEFAULTS.serverLifetime().toSeconds(),
                "statement",
                Optional.empty(),
                0,
                0,
                0,
                snapshot.consoles().size(),
                0,
                0));
        for (Snapshot.Database database : snapshot.databases()) {
            PoolConfig pool = database.route().pool();
            var hosts = database.route().backend().hosts();
            rows.add(Row.of(
                    database.name(),
                    hosts.stream().map(host -> host.host()).distinct().reduce((a, b) -> a + "," + b),
                    hosts.isEmpty() ? 0 : hosts.getFirst().port(),
                    database.backendDatabase(),
                    database.user(),
                    pool.defaultPoolSize(),
                    pool.minPoolSize(),
                    pool.reservePoolSize(),
                    pool.serverLifetime().toSeconds(),
                    pool.mode().keyword(),
                    balance(database.route()),
                    pool.maxDbConnections(),
                    database.servers(),
                    database.route().limits().maxDbClientConnections(),
                    database.clients(),
                    database.paused(),
                    database.disabled()));
        }
        return rows;
    }

    private static List<Row> hosts(ConsolePort port) {
        return port.snapshot().hosts().stream()
                .map(host -> Row.of(host.name(), host.secondsLeft(), String.join(",", host.addresses())))
                .toList();
    }

    private static List<Row> lists(ConsolePort port) {
        Snapshot snapshot = port.snapshot();
        int servers = snapshot.pools().stream()
                .mapToInt(pool -> pool.servers().size() + pool.view().opening())
                .sum();
        return List.of(
                Row.of("databases", snapshot.databases().size() + 1),
                Row.of("users", port.users(snapshot).size()),
                Row.of("peers", 0),
                Row.of("pools", snapshot.pools().size() + 1),
                Row.of("peer_pools", 0),
                Row.of("free_clients", 0),
                Row.of("used_clients", snapshot.openClients()),
                Row.of("login_clients", snapshot.loginClients()),
                Row.of("free_servers", 0),
                Row.of("used_servers", servers),
                Row.of("dns_names", snapshot.hosts().size()),
                Row.of("dns_zones", 0),
                Row.of("dns_queries", 0),
                Row.of("dns_pending", 0));
    }

    /** In kilobytes, but for the total in bytes, as far as an int4 goes. */
    private static List<Row> memory() {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        return List.of(Row.of(
                "jvm_heap",
                1024,
                heap.getUsed() / 1024,
                (heap.getCommitted() - heap.getUsed()) / 1024,
                Math.min(Integer.MAX_VALUE, heap.getCommitted())));
    }

    private static List<Row> pools(ConsolePort port) {
        Snapshot snapshot = port.snapshot();
        List<Row> rows = new ArrayList<>();
        rows.add(Row.of(
                "pgbouncer",
                "pgbouncer",
                snapshot.consoles().size(),
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                "statement",
                Optional.empty()));
        for (Snapshot.Pool pool : snapshot.pools()) {
            Duration wait = pool.view().longestWait();
            rows.add(Row.of(
                    pool.database(),
                    pool.user(),
                    pool.clients().size() - waiting(pool),
                    waiting(pool),
                    pool.cancels(),
                    0,
                    pool.count("active"),
                    pool.cancels(),
                    pool.count("being_canceled"),
                    pool.count("idle"),
                    pool.count("used"),
                    pool.count("tested"),
                    pool.view().opening(),
                    wait.toSeconds(),
                    SocketTables.micros(wait),
                    mode(pool).keyword(),
                    balance(pool.route())));
        }
        return rows;
    }

    /** That of the server's role, where it has one of its own. */
    private static PoolMode mode(Snapshot.Pool pool) {
        return Optional.ofNullable(pool.route().users().get(pool.user()))
                .flatMap(UserConfig::poolMode)
                .orElse(pool.route().pool().mode());
    }

    /** NULL where there is nothing to choose from. */
    private static Optional<String> balance(RouteConfig route) {
        return Optional.of(route.backend())
                .filter(backend -> backend.hosts().size() > 1)
                .map(backend -> backend.loadBalanceHosts().keyword());
    }

    private static int waiting(Snapshot.Pool pool) {
        return (int) pool.clients().stream()
                .filter(client -> client.state().equals("waiting"))
                .count();
    }

    private static List<Row> state(ConsolePort port) {
        List<Row> rows = new ArrayList<>();
        String now = port.state();
        for (String state : List.of("active", "paused", "suspended")) {
            rows.add(Row.of(state, state.equals(now) ? "yes" : "no"));
        }
        return rows;
    }

    private static List<Row> users(ConsolePort port) {
        return port.users(port.snapshot()).stream()
                .map(user -> Row.of(
                        user.name(),
                        rightAligned(user.settings().flatMap(UserConfig::poolSize)),
                        rightAligned(user.settings().flatMap(UserConfig::reservePoolSize)),
                        user.settings().flatMap(UserConfig::poolMode).map(PoolMode::keyword),
                        user.maxConnections(),
                        user.servers(),
                        user.maxClients(),
                        user.clients()))
                .toList();
    }

    private static String rightAligned(Optional<Integer> number) {
        return number.map(value -> String.format(Locale.ROOT, "%9d", value)).orElse("");
    }
}
