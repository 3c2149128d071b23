package dev.postern.gateway;

import dev.postern.gateway.backend.HostResolver;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.config.ListenerConfig;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.frontend.CancelKeys;
import dev.postern.gateway.frontend.ClientCounts;
import dev.postern.gateway.frontend.ClientInitializer;
import dev.postern.gateway.frontend.Listener;
import dev.postern.routing.RouteConflict;
import dev.postern.routing.RouteEntry;
import dev.postern.routing.RouteMatch;
import dev.postern.routing.RouteTable;
import dev.postern.routing.RouteTableResult;
import dev.postern.tls.ListenerTls;
import dev.postern.tls.UnusableTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.Security;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    private final Services services = new Services();
    private final HostResolver resolver;
    private final RouteSnapshot routes;
    private final CancelKeys cancelKeys = new CancelKeys();
    private final ClientCounts counts;
    private final Map<String, Channel> listening = new LinkedHashMap<>();
    private final List<ListenerTls> listenerTls = new ArrayList<>();
    private GatewayConfig config;
    private volatile boolean ready;
    private boolean closed;

    private Gateway(GatewayConfig config) {
        this.config = config;
        this.loops = new Loops(Transport.best(), Runtime.getRuntime().availableProcessors());
        this.resolver = new HostResolver(
                host -> List.of(InetAddress.getAllByName(host)),
                Thread::startVirtualThread,
                dnsTtl(config),
                System::nanoTime);
        this.routes = new RouteSnapshot(services.fakes());
        this.counts = new ClientCounts(config.limits().maxClientConn());
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
        Gateway gateway = new Gateway(config);
        try {
            gateway.applyRoutes(config);
            for (ListenerConfig listener : config.listeners()) {
                gateway.listen(listener, config);
            }
        } catch (StartFailure | RuntimeException e) {
            gateway.close();
            throw e;
        }
        gateway.ready = true;
        log.info(
                "event=started transport={} listeners={} routes={}",
                gateway.loops.transport().name(),
                gateway.listening.keySet(),
                config.routes().size());
        return gateway;
    }

    private void listen(ListenerConfig listenerConfig, GatewayConfig gatewayConfig) throws StartFailure {
        Listener listener = new Listener(
                listenerConfig.name(),
                ConfigMapping.tlsMode(listenerConfig.tls()),
                tls(listenerConfig),
                listenerConfig.address().isLoopback(),
                gatewayConfig.timeouts().clientLoginTimeout(),
                routes,
                cancelKeys,
                counts);
        InetSocketAddress address = new InetSocketAddress(
                listenerConfig.address().host(), listenerConfig.address().port());
        ChannelFuture bound = new ServerBootstrap()
                .group(loops.group())
                .channel(loops.transport().serverChannel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new ClientInitializer(listener))
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new StartFailure("cannot listen on " + listenerConfig.address() + " (listener "
                    + listenerConfig.name() + "): " + bound.cause().getMessage());
        }
        listening.put(listenerConfig.name(), bound.channel());
        log.info(
                "event=listening listener={} address={}",
                listenerConfig.name(),
                bound.channel().localAddress());
    }

    private Optional<ListenerTls> tls(ListenerConfig listener) throws StartFailure {
        if (ConfigMapping.tlsMode(listener.tls()) == Listener.TlsMode.DISABLE) {
            return Optional.empty();
        }
        try {
            ListenerTls tls = ListenerTls.open(ConfigMapping.listenerTls(listener.tls()));
            services.certificates().watch(tls);
            listenerTls.add(tls);
            return Optional.of(tls);
        } catch (UnusableTls e) {
            throw new StartFailure("listener " + listener.name() + ": " + e.getMessage(), e);
        }
    }

    /** Builds every route that is new or changed; only when all can be had are they put in force, at once. */
    private void applyRoutes(GatewayConfig next) throws StartFailure {
        Map<String, RouteRuntime> before = routes.table().entries().stream()
                .map(RouteEntry::target)
                .collect(Collectors.toMap(route -> route.config().name(), route -> route));
        List<RouteEntry<RouteRuntime>> entries = new ArrayList<>();
        List<RouteRuntime> changed = new ArrayList<>();
        Set<String> sameVaults = next.vaultConnections().entrySet().stream()
                .filter(vault -> services.vaults().has(vault.getKey(), vault.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        Map<String, String> outdatedVaults = services.vaults().connect(next.vaultConnections());
        try {
            for (RouteConfig route : next.routes()) {
                RouteRuntime known = before.get(route.name());
                RouteRuntime current = known;
                if (current == null || !current.config().equals(route) || usesOtherVault(route, sameVaults)) {
                    current = new RouteRuntime(
                            route,
                            RouteParts.of(route, services),
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
            routes.swap(table(entries));
        } catch (StartFailure | RuntimeException e) {
            changed.forEach(route -> route.parts().close());
            throw e;
        }
        retire(before, entries, changed);
        services.vaults().forget(outdatedVaults);
    }

    private static boolean usesOtherVault(RouteConfig route, Set<String> sameVaults) {
        return route.credentials() instanceof CredentialsConfig.Vault vault && !sameVaults.contains(vault.connection());
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
            route.takeOver();
            RouteRuntime predecessor = before.get(route.config().name());
            if (predecessor != null) {
                predecessor.parts().close();
            }
        }
        gone.values().forEach(route -> {
            route.remove();
            route.parts().close();
        });
    }

    /**
     * Puts a new configuration in force as far as it differs: routes, their users, credentials and pools, and limits.
     * Listeners, the admin address and logging stay as they were started.
     *
     * @throws StartFailure when it cannot be applied: then nothing of it was
     */
    public synchronized void reload(GatewayConfig next) throws StartFailure {
        if (!next.listeners().equals(config.listeners())) {
            log.warn("event=reload_needs_restart what=listeners");
        }
        applyRoutes(next);
        counts.maxClientConn(next.limits().maxClientConn());
        config = next;
        log.info("event=reloaded routes={}", next.routes().size());
    }

    public synchronized GatewayConfig config() {
        return config;
    }

    /** New clients are welcome: false from the beginning of a drain. */
    public boolean isReady() {
        return ready;
    }

    /** The port a listener got, for those configured with port 0. */
    public int port(String listenerName) {
        Channel channel = listening.get(listenerName);
        if (channel == null) {
            throw new IllegalArgumentException("no listener " + listenerName);
        }
        return ((InetSocketAddress) channel.localAddress()).getPort();
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
        ready = false;
        log.info("event=drain_begins clients={}", counts.loggedIn());
        pause(delay);
        listening.values().forEach(channel -> channel.close().awaitUninterruptibly());
        routes.table().entries().forEach(entry -> entry.target().drain());
        long deadline = System.nanoTime() + limit.toNanos();
        while (counts.loggedIn() > 0 && System.nanoTime() < deadline) {
            pause(Duration.ofMillis(20));
        }
        int left = counts.loggedIn();
        routes.table().entries().forEach(entry -> entry.target().terminate());
        log.info("event=drain_ends clients_left={}", left);
        return left == 0;
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
        ready = false;
        listening.values().forEach(channel -> channel.close().awaitUninterruptibly());
        routes.table().entries().forEach(entry -> {
            entry.target().terminate();
            entry.target().closeServers();
        });
        loops.shutdown();
        routes.table().entries().forEach(entry -> entry.target().parts().close());
        listenerTls.forEach(ListenerTls::close);
        services.close();
        log.info("event=stopped");
    }
}
