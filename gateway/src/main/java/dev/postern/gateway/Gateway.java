package dev.postern.gateway;

import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.gateway.admin.AdminServer;
import dev.postern.gateway.admin.ListenerReport;
import dev.postern.gateway.backend.HostResolver;
import dev.postern.gateway.config.ClientAuthConfig;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.config.LimitsConfig;
import dev.postern.gateway.config.ListenAddress;
import dev.postern.gateway.config.ListenerConfig;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.config.SocketMode;
import dev.postern.gateway.console.ConsoleClients;
import dev.postern.gateway.console.StatsPeriods;
import dev.postern.gateway.frontend.AddressCounts;
import dev.postern.gateway.frontend.CancelKeys;
import dev.postern.gateway.frontend.ClientCounts;
import dev.postern.gateway.frontend.ClientInitializer;
import dev.postern.gateway.frontend.Listener;
import dev.postern.gateway.frontend.UnfinishedLogins;
import dev.postern.gateway.logging.LogOutput;
import dev.postern.gateway.protocol.LogKeys;
import dev.postern.routing.RouteConflict;
import dev.postern.routing.RouteEntry;
import dev.postern.routing.RouteMatch;
import dev.postern.routing.RouteTable;
import dev.postern.routing.RouteTableResult;
import dev.postern.tls.Handshakes;
import dev.postern.tls.ListenerTls;
import dev.postern.tls.UnusableTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.Security;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running gateway: its listeners, its routes, their pools. Wires everything by constructors.
 *
 * <p>{@link #start}, {@link #reload}, {@link #drain} and {@link #close} block and are called by one thread at a time, never
 * an event loop.
 */
public final class Gateway implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Gateway.class);
    private static final int BACKLOG = 1024;
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 << 10, 128 << 10);

    private final Loops loops;
    private final Services services;
    private final HostResolver resolver;
    private final AuthQueries authQueries;
    private final RouteSnapshot routes;
    private final CancelKeys cancelKeys = new CancelKeys();
    private final ClientCounts counts;
    private final AddressCounts addresses = new AddressCounts();
    private final UnfinishedLogins unfinished;
    private final Handshakes handshakes = new Handshakes();
    private final Map<String, Channel> listening = new LinkedHashMap<>();
    private final List<OpenListener> openListeners = new CopyOnWriteArrayList<>();
    private final List<SecretCertificates> watchedCertificates = new ArrayList<>();
    private final GatewayReports reports;
    private final ConsoleClients consoles = new ConsoleClients();
    private final StatsPeriods periods = new StatsPeriods(System.nanoTime());
    private final ConsoleSnapshots snapshots;
    private final ConsoleGateway console;
    private final ConsoleEntrance entrance;
    private Optional<Thread> statsThread = Optional.empty();
    private Optional<AdminServer> admin = Optional.empty();
    private GatewayConfig config;
    private volatile String notReady = "starting";
    private boolean closed;

    /** A listener as the status page shows it. */
    private record OpenListener(ListenerConfig config, String address, Optional<ListenerTls> tls) {
        ListenerReport report() {
            return new ListenerReport(
                    config.name(),
                    address,
                    config.tls().mode().keyword(),
                    tls.map(ListenerTls::certificates).orElse(List.of()));
        }
    }

    private Gateway(GatewayConfig config) {
        this.config = config;
        this.loops = new Loops(Transport.best(), Runtime.getRuntime().availableProcessors());
        this.services = new Services(
                new TcpOptions(config.network(), loops.transport().name().equals("epoll")), config.kubernetesApi());
        this.resolver = new HostResolver(
                host -> List.of(InetAddress.getAllByName(host)),
                Thread::startVirtualThread,
                dnsTtl(config),
                System::nanoTime);
        services.throttle(ConfigMapping.throttle(config.throttle()));
        this.authQueries = new AuthQueries(loops, resolver, services);
        this.routes = new RouteSnapshot(services.fakes(), services::throttle);
        this.counts = new ClientCounts(ConfigMapping.limits(config));
        this.unfinished = new UnfinishedLogins(config.limits().mostBeforeLogin());
        limitStatements(config.limits());
        addresses.limits(config.limits().maxConnPerAddress(), config.limits().maxLoginsPerAddress());
        handshakes.limit(config.limits().maxHandshakes());
        this.reports = new GatewayReports(
                this::notReady,
                loops,
                routes,
                counts,
                unfinished,
                services.statementMemory(),
                handshakes,
                () -> services.throttle().delayed(),
                () -> openListeners.stream().map(OpenListener::report).toList(),
                () -> config().admin().quitQuitQuit(),
                () -> console().quit());
        ConsoleDatabases databases = new ConsoleDatabases(routes);
        this.snapshots =
                new ConsoleSnapshots(databases, services.switches(), counts, consoles, resolver, this::firstPort);
        this.console = new ConsoleGateway(
                this::config,
                GatewayConfig.DEFAULTS,
                databases,
                snapshots,
                consoles,
                services.switches(),
                periods,
                () -> notReady.equals("draining"));
        this.entrance = new ConsoleEntrance(config.admin(), routes.nobody(), console, consoles);
        routes.console(entrance);
    }

    /** What SHOW DATABASES says of the console. */
    private int firstPort() {
        return openListeners.stream()
                .mapToInt(listener -> listener.config().address().port())
                .findFirst()
                .orElse(0);
    }

    ConsoleGateway console() {
        return console;
    }

    /** The process that the console's RELOAD, SET and SHUTDOWN are for. */
    void process(ProcessControl control) {
        console.process(control);
    }

    /** Ends a period of the console's averages as often as the configuration says. */
    private void countPeriods() {
        try {
            while (true) {
                Thread.sleep(config().admin().statsPeriod());
                periods.end(System.nanoTime(), snapshots.totals());
            }
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    private static Duration dnsTtl(GatewayConfig config) {
        return config.routes().stream()
                .map(route -> route.backend().dnsTtl())
                .min(Duration::compareTo)
                .orElse(Duration.ofSeconds(15));
    }

    /**
     * Starts; when this returns, every listener accepts.
     *
     * @throws StartFailure with one line that names what cannot be had; nothing is left running
     */
    public static Gateway start(GatewayConfig config) throws StartFailure {
        Security.setProperty("networkaddress.cache.ttl", "0"); // HostResolver has the TTL of the configuration
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        LogOutput.apply(config.logging());
        Gateway gateway = new Gateway(config);
        try {
            if (config.admin().address().isPresent()) {
                gateway.serveAdmin(config.admin().address().get());
            }
            gateway.apply(config);
            for (ListenerConfig listener : config.listeners()) {
                gateway.listen(listener, config);
            }
        } catch (StartFailure | RuntimeException e) {
            gateway.close();
            throw e;
        }
        gateway.statsThread =
                Optional.of(Thread.ofVirtual().name("stats-periods").start(gateway::countPeriods));
        gateway.notReady = "";
        log.atInfo()
                .addKeyValue(LogKeys.VERSION, Version.text())
                .addKeyValue(LogKeys.TRANSPORT, gateway.loops.transport().name())
                .addKeyValue(LogKeys.LISTENERS, config.listeners().size())
                .addKeyValue(LogKeys.ROUTES, config.routes().size())
                .log("started");
        return gateway;
    }

    private void serveAdmin(ListenAddress address) throws StartFailure {
        try {
            AdminServer server = AdminServer.start(address, reports);
            admin = Optional.of(server);
            log.atInfo()
                    .addKeyValue(LogKeys.ADDRESS, new ListenAddress(address.host(), server.port()).toString())
                    .log("admin_listening");
        } catch (IOException e) {
            throw new StartFailure("cannot listen on " + address + " (admin): " + e.getMessage(), e);
        }
    }

    private void listen(ListenerConfig listenerConfig, GatewayConfig gatewayConfig) throws StartFailure {
        Optional<ListenerTls> tls = tls(listenerConfig);
        Listener listener = new Listener(
                listenerConfig.name(),
                ConfigMapping.tlsMode(listenerConfig.tls()),
                tls,
                listenerConfig.address().isLoopback(),
                ConfigMapping.trustedProxies(listenerConfig),
                new SystemUsers(services.tasks()::run),
                addresses,
                unfinished,
                gatewayConfig.timeouts().clientLoginTimeout(),
                routes,
                cancelKeys,
                counts);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops.group())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new ClientInitializer(listener));
        Optional<Path> socket = listenerConfig.address().socket();
        if (socket.isEmpty()) {
            services.tcp().applyTo(bootstrap);
        }
        ChannelFuture bound = socket.isPresent()
                ? UnixSockets.bind(
                        bootstrap,
                        loops.transport(),
                        listenerConfig.name(),
                        socket.get(),
                        listenerConfig.socketMode().orElse(SocketMode.EVERYBODY),
                        listenerConfig.socketGroup())
                : bootstrap
                        .channel(loops.transport().serverChannel())
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .bind(new InetSocketAddress(
                                listenerConfig.address().host(),
                                listenerConfig.address().port()))
                        .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            tls.ifPresent(ListenerTls::close);
            throw new StartFailure("cannot listen on " + listenerConfig.address() + " (listener "
                    + listenerConfig.name() + "): " + bound.cause().getMessage());
        }
        listening.put(listenerConfig.name(), bound.channel());
        String listensOn = bound.channel().localAddress() instanceof InetSocketAddress inet
                ? NetUtil.toSocketAddressString(inet)
                : listenerConfig.address().toString();
        openListeners.add(new OpenListener(listenerConfig, listensOn, tls));
        log.atInfo()
                .addKeyValue(LogKeys.LISTENER, listenerConfig.name())
                .addKeyValue(LogKeys.ADDRESS, listensOn)
                .log("listening");
    }

    private Optional<ListenerTls> tls(ListenerConfig listener) throws StartFailure {
        if (ConfigMapping.tlsMode(listener.tls()) == Listener.TlsMode.DISABLE) {
            return Optional.empty();
        }
        try {
            SecretCertificates.Opened opened =
                    SecretCertificates.open(listener.name(), listener.tls(), services.cluster(), handshakes);
            watchedCertificates.add(opened.secrets());
            services.certificates().watch(opened.tls());
            return Optional.of(opened.tls());
        } catch (UnusableTls e) {
            throw new StartFailure("listener " + listener.name() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Builds every route that is new or changed, or whose users' files have changed, and who may use the console; only when
     * all can be had are they put in force, at once.
     */
    private void apply(GatewayConfig next) throws StartFailure {
        Map<String, RouteRuntime> before = routes.table().entries().stream()
                .map(RouteEntry::target)
                .collect(Collectors.toMap(route -> route.config().name(), route -> route));
        List<RouteEntry<RouteRuntime>> entries = new ArrayList<>();
        List<RouteRuntime> changed = new ArrayList<>();
        Set<String> sameVaults = next.vaultConnections().entrySet().stream()
                .filter(vault -> services.vaults().has(vault.getKey(), vault.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        VaultConnections.Change vaults = services.vaults().connect(next.vaultConnections());
        Set<String> sameQueries = authQueries.same(next, sameVaults);
        AuthQueries.Change queries;
        try {
            queries = authQueries.connect(next, sameQueries);
        } catch (StartFailure | RuntimeException e) {
            vaults.undo();
            throw e;
        }
        try {
            for (RouteConfig route : next.routes()) {
                RouteRuntime known = before.get(route.name());
                RouteRuntime current = known;
                if (current == null
                        || !current.config().equals(route)
                        || current.parts().clientAuth().isOutdated()
                        || usesOtherVault(route, sameVaults)
                        || usesOtherQuery(route, sameQueries)) {
                    current = new RouteRuntime(
                            route,
                            RouteParts.of(route, services, authQueries),
                            loops,
                            services,
                            resolver,
                            Optional.ofNullable(known));
                    changed.add(current);
                }
                entries.add(new RouteEntry<>(
                        route.name(),
                        new RouteMatch(route.match().databases(), route.match().serverNames()),
                        current));
            }
            Optional<ClientAuthenticator> consoleAuthenticator = consoleAuthenticator(next);
            routes.swap(table(entries));
            entrance.configure(next.admin(), consoleAuthenticator);
        } catch (StartFailure | RuntimeException e) {
            changed.forEach(route -> route.parts().close());
            queries.undo();
            vaults.undo();
            throw e;
        }
        retire(before, entries, changed);
        queries.keep();
        vaults.keep();
    }

    private Optional<ClientAuthenticator> consoleAuthenticator(GatewayConfig next) throws StartFailure {
        return next.admin().clientAuth().isPresent()
                ? Optional.of(ClientAuth.ofConsole(next.admin().clientAuth().get(), services, authQueries))
                : Optional.empty();
    }

    private static boolean usesOtherVault(RouteConfig route, Set<String> sameVaults) {
        boolean lookup = authQuery(route)
                .filter(query -> !sameVaults.containsAll(AuthQueries.vaultsOf(query)))
                .isPresent();
        return lookup
                || route.credentials() instanceof CredentialsConfig.Vault vault
                        && !sameVaults.contains(vault.connection());
    }

    private static boolean usesOtherQuery(RouteConfig route, Set<String> sameQueries) {
        return authQuery(route)
                .flatMap(ClientAuthConfig.AuthQuery::use)
                .filter(name -> !sameQueries.contains(name))
                .isPresent();
    }

    private static Optional<ClientAuthConfig.AuthQuery> authQuery(RouteConfig route) {
        return switch (route.clientAuth()) {
            case ClientAuthConfig.AuthQuery query -> Optional.of(query);
            case ClientAuthConfig.Hba hba -> hba.authQuery();
            default -> Optional.empty();
        };
    }

    private static RouteTable<RouteRuntime> table(List<RouteEntry<RouteRuntime>> entries) throws StartFailure {
        return switch (RouteTable.build(entries)) {
            case RouteTableResult.Built<RouteRuntime>(var table) -> table;
            case RouteTableResult.Conflicted<RouteRuntime>(List<RouteConflict> conflicts) ->
                throw new StartFailure("routes: "
                        + conflicts.stream().map(RouteConflict::toString).collect(Collectors.joining("; ")));
        };
    }

    private static void retire(
            Map<String, RouteRuntime> before, List<RouteEntry<RouteRuntime>> entries, List<RouteRuntime> changed) {
        Map<String, RouteRuntime> gone = new HashMap<>(before);
        entries.forEach(entry -> gone.remove(entry.name()));
        for (RouteRuntime route : changed) {
            RouteRuntime predecessor = before.get(route.config().name());
            route.takeOver(Optional.ofNullable(predecessor));
            if (predecessor != null) {
                predecessor.parts().close();
            }
        }
        gone.values().forEach(route -> {
            route.remove();
            route.parts().close();
        });
    }

    private void limitStatements(LimitsConfig limits) {
        services.statementMemory()
                .limits(
                        limits.maxStatementMemory().bytes(),
                        limits.maxStatementMemoryPerClient().bytes());
    }

    /**
     * Puts a new configuration in force as far as it differs: routes, their users, credentials and pools, limits and
     * logging. Listeners and the admin address stay as they were started.
     *
     * @throws StartFailure when it cannot be applied: then nothing of it was
     */
    public synchronized void reload(GatewayConfig next) throws StartFailure {
        if (!next.listeners().equals(config.listeners())) {
            log.atWarn().addKeyValue(LogKeys.KEY, "listeners").log("reload_needs_restart");
        }
        if (!next.admin().address().equals(config.admin().address())) {
            log.atWarn().addKeyValue(LogKeys.KEY, "admin.address").log("reload_needs_restart");
        }
        if (!next.network().equals(config.network())) {
            log.atWarn().addKeyValue(LogKeys.KEY, "network").log("reload_needs_restart");
        }
        if (!next.kubernetesApi().equals(config.kubernetesApi())) {
            log.atWarn().addKeyValue(LogKeys.KEY, "kubernetesApi").log("reload_needs_restart");
        }
        apply(next);
        counts.limits(ConfigMapping.limits(next));
        limitStatements(next.limits());
        addresses.limits(next.limits().maxConnPerAddress(), next.limits().maxLoginsPerAddress());
        unfinished.limit(next.limits().mostBeforeLogin());
        handshakes.limit(next.limits().maxHandshakes());
        LogOutput.apply(next.logging());
        if (!next.throttle().equals(config.throttle())) {
            services.throttle(ConfigMapping.throttle(next.throttle()));
        }
        config = next;
        log.atInfo().addKeyValue(LogKeys.ROUTES, next.routes().size()).log("reloaded");
    }

    Services services() {
        return services;
    }

    public synchronized GatewayConfig config() {
        return config;
    }

    /** New clients are welcome: false from the beginning of a drain. */
    public boolean isReady() {
        return notReady.isEmpty();
    }

    private Optional<String> notReady() {
        return Optional.of(notReady).filter(why -> !why.isEmpty());
    }

    /** The port of the admin server; empty without {@code admin.address}. */
    public OptionalInt adminPort() {
        return admin.stream().mapToInt(AdminServer::port).findFirst();
    }

    /** The port a listener got, for those configured with port 0. */
    public int port(String listenerName) {
        Channel channel = listening.get(listenerName);
        if (channel == null) {
            throw new IllegalArgumentException("no listener " + listenerName);
        }
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    Handshakes handshakes() {
        return handshakes;
    }

    public ClientCounts clients() {
        return counts;
    }

    RouteSnapshot routes() {
        return routes;
    }

    /**
     * Takes no new clients, tells idle sessions 57P01, and waits for the others to end their transactions.
     *
     * @param delay how long new clients are still accepted, for load balancers that are slow to notice
     * @param limit how long transactions are waited for
     * @return whether all ended by themselves
     */
    public boolean drain(Duration delay, Duration limit) {
        notReady = "draining";
        log.atInfo().addKeyValue(LogKeys.CLIENTS, counts.loggedIn()).log("drain_begins");
        pause(delay);
        stopListening();
        routes.table().entries().forEach(entry -> entry.target().drain());
        long deadline = System.nanoTime() + limit.toNanos();
        while (counts.loggedIn() > 0 && System.nanoTime() < deadline) {
            pause(Duration.ofMillis(20));
        }
        int left = counts.loggedIn();
        routes.table().entries().forEach(entry -> entry.target().terminate());
        log.atInfo().addKeyValue(LogKeys.CLIENTS, left).log("drain_ends");
        return left == 0;
    }

    /** TCP alone: on unix sockets the console stays within reach, and everybody else is turned away. */
    private void stopListening() {
        routes.drain();
        listening.values().stream()
                .filter(channel -> channel.localAddress() instanceof InetSocketAddress)
                .forEach(channel -> channel.close().awaitUninterruptibly());
    }

    /** Takes no new clients, and waits until those that are there have gone by themselves. */
    boolean awaitClients(Duration limit) {
        notReady = "draining";
        log.atInfo().addKeyValue(LogKeys.CLIENTS, counts.loggedIn()).log("drain_begins");
        stopListening();
        long deadline = System.nanoTime() + limit.toNanos();
        while (counts.loggedIn() > 0 && System.nanoTime() < deadline) {
            pause(Duration.ofMillis(20));
        }
        log.atInfo().addKeyValue(LogKeys.CLIENTS, counts.loggedIn()).log("drain_ends");
        return counts.loggedIn() == 0;
    }

    private static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends at once, whatever is going on. Idempotent. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        notReady = "stopped";
        statsThread.ifPresent(Thread::interrupt);
        listening.values().forEach(channel -> channel.close().awaitUninterruptibly());
        routes.table().entries().forEach(entry -> {
            entry.target().terminate();
            entry.target().closeServers();
        });
        authQueries.close();
        config.listeners().forEach(listener -> listener.address().socket().ifPresent(UnixSockets::delete));
        loops.shutdown();
        routes.table().entries().forEach(entry -> entry.target().parts().close());
        watchedCertificates.forEach(SecretCertificates::close);
        openListeners.forEach(listener -> listener.tls().ifPresent(ListenerTls::close));
        admin.ifPresent(AdminServer::close);
        services.close();
        log.info("stopped");
    }
}
