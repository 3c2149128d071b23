package dev.postern.gateway;

import dev.postern.gateway.admin.BuildReport;
import dev.postern.gateway.admin.ClientsReport;
import dev.postern.gateway.admin.GatewayPort;
import dev.postern.gateway.admin.GatewayReport;
import dev.postern.gateway.admin.ListenerReport;
import dev.postern.gateway.admin.LoopReport;
import dev.postern.gateway.admin.MemoryReport;
import dev.postern.gateway.admin.RouteReport;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.frontend.ClientCounts;
import dev.postern.gateway.frontend.UnfinishedLogins;
import dev.postern.gateway.logging.LogOutput;
import dev.postern.gateway.relay.StatementMemory;
import dev.postern.routing.RouteEntry;
import dev.postern.tls.Handshakes;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What the admin server is told, gathered from the running gateway. */
final class GatewayReports implements GatewayPort {
    /** Whoever asks more often gets the same report again. */
    private static final Duration YOUNG = Duration.ofMillis(250);

    private final Supplier<Optional<String>> notReady;
    private final Loops loops;
    private final RouteSnapshot routes;
    private final ClientCounts counts;
    private final UnfinishedLogins unfinished;
    private final Handshakes handshakes;
    /** Logins that had to pause. */
    private final LongSupplier delayed;

    private final StatementMemory statements;
    private final Supplier<List<ListenerReport>> listeners;
    private final PoolReports pools;
    private final BooleanSupplier mayQuit;
    private final Runnable quit;
    private final Instant startedAt = Instant.now();
    /** Guarded by this. */
    private Optional<GatewayReport> latest = Optional.empty();

    private long latestAt;

    GatewayReports(
            Supplier<Optional<String>> notReady,
            Loops loops,
            RouteSnapshot routes,
            ClientCounts counts,
            UnfinishedLogins unfinished,
            StatementMemory statements,
            Handshakes handshakes,
            LongSupplier delayed,
            Supplier<List<ListenerReport>> listeners,
            BooleanSupplier mayQuit,
            Runnable quit) {
        this.notReady = notReady;
        this.loops = loops;
        this.routes = routes;
        this.counts = counts;
        this.unfinished = unfinished;
        this.handshakes = handshakes;
        this.delayed = delayed;
        this.statements = statements;
        this.listeners = listeners;
        this.pools = new PoolReports();
        this.mayQuit = mayQuit;
        this.quit = quit;
    }

    @Override
    public Optional<String> notReady() {
        return notReady.get();
    }

    @Override
    public boolean mayQuit() {
        return mayQuit.getAsBoolean();
    }

    @Override
    public void quit() {
        quit.run();
    }

    @Override
    public List<LoopReport> loops() {
        List<LoopReport> reports = new ArrayList<>();
        for (EventLoop loop : loops.all()) {
            LoopPulse pulse = loops.janitor(loop).pulse();
            reports.add(new LoopReport(reports.size(), pulse.silence(), pulse.lag()));
        }
        return reports;
    }

    /** One at a time: those who come meanwhile wait for it and get the same. */
    @Override
    public synchronized GatewayReport report() {
        if (latest.isEmpty() || System.nanoTime() - latestAt > YOUNG.toNanos()) {
            latest = Optional.of(gather());
            latestAt = System.nanoTime();
        }
        return latest.get();
    }

    private GatewayReport gather() {
        List<RouteRuntime> current =
                routes.table().entries().stream().map(RouteEntry::target).toList();
        PoolReports.Gathered gathered = pools.gather(current);
        return new GatewayReport(
                new BuildReport(
                        Version.text(),
                        Runtime.version().toString(),
                        loops.transport().name().toLowerCase(java.util.Locale.ROOT)),
                startedAt,
                notReady(),
                clients(),
                new MemoryReport(bufferBytes(), statements.used(), statements.most()),
                LogOutput.dropped(),
                loops(),
                listeners.get(),
                current.stream().map(route -> route(route, gathered)).toList());
    }

    private ClientsReport clients() {
        return new ClientsReport(
                counts.open(),
                counts.loggedIn(),
                counts.limit(),
                unfinished.size(),
                unfinished.most(),
                counts.accepted(),
                counts.logins(),
                counts.cancels(),
                handshakes.underWay(),
                handshakes.waiting(),
                delayed.getAsLong(),
                counts.refusals());
    }

    private static RouteReport route(RouteRuntime route, PoolReports.Gathered gathered) {
        RouteConfig config = route.config();
        return new RouteReport(
                config.name(),
                config.match().databases(),
                config.match().serverNames(),
                config.backend().hosts().stream().map(Object::toString).toList(),
                config.pool().mode().keyword(),
                config.pool().defaultPoolSize(),
                route.parts().credentials().status(),
                gathered.of(route));
    }

    private static long bufferBytes() {
        return ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider
                ? provider.metric().usedDirectMemory()
                : 0;
    }
}
