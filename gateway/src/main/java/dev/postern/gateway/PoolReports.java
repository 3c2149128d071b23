package dev.postern.gateway;

import dev.postern.gateway.admin.PoolReport;
import dev.postern.gateway.frontend.SessionPool;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.PoolStats;
import dev.postern.gateway.pool.ServerFailure;
import dev.postern.gateway.relay.StatementCache;
import dev.postern.gateway.relay.Traffic;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Looks at pools where they live: one task for each event loop, which only reads. A loop that does not answer in time is
 * left out.
 */
final class PoolReports {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** A pool's place in the report. */
    private record Place(RouteRuntime route, String database, RouteRuntime.DatabasePool pool) {}

    /** A pool as it was found. */
    private record Found(RouteRuntime route, PoolReport report) {}

    /** What was found on all loops. */
    static final class Gathered {
        private final Map<RouteRuntime, List<PoolReport>> reports = new IdentityHashMap<>();

        /** By database. */
        List<PoolReport> of(RouteRuntime route) {
            return reports.getOrDefault(route, List.of()).stream()
                    .sorted(Comparator.comparing(PoolReport::database))
                    .toList();
        }
    }

    /** Blocks for as long as the slowest loop takes, at most {@link #PATIENCE}. */
    Gathered gather(List<RouteRuntime> routes) {
        Map<EventLoop, List<Place>> byLoop = new IdentityHashMap<>();
        for (RouteRuntime route : routes) {
            route.pools().forEach((key, pool) -> {
                if (pool.pool().isPresent()) {
                    byLoop.computeIfAbsent(pool.loop(), loop -> new ArrayList<>())
                            .add(new Place(route, key.toString(), pool));
                }
            });
        }
        List<CompletableFuture<List<Found>>> answers = new ArrayList<>();
        byLoop.forEach((loop, places) -> answers.add(ask(loop, places)));
        Gathered gathered = new Gathered();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (CompletableFuture<List<Found>> answer : answers) {
            for (Found found : await(answer, deadline)) {
                gathered.reports
                        .computeIfAbsent(found.route(), route -> new ArrayList<>())
                        .add(found.report());
            }
        }
        return gathered;
    }

    private static CompletableFuture<List<Found>> ask(EventLoop loop, List<Place> places) {
        try {
            return CompletableFuture.supplyAsync(() -> look(places), loop);
        } catch (RejectedExecutionException e) { // the loop has ended
            return CompletableFuture.completedFuture(List.of());
        }
    }

    private static List<Found> await(CompletableFuture<List<Found>> answer, long deadline) {
        try {
            return answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return List.of(); // a loop that does not answer is the business of the health check
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    private static List<Found> look(List<Place> places) {
        List<Found> found = new ArrayList<>();
        for (Place place : places) {
            place.pool().pool().ifPresent(pool -> found.add(new Found(place.route(), report(place, pool))));
        }
        return found;
    }

    private static PoolReport report(Place place, SessionPool pool) {
        Traffic traffic = place.pool().traffic();
        StatementCache statements = place.pool().statements();
        return new PoolReport(
                place.database(),
                pool.sessions(),
                pool.pinned(),
                pool.listening(),
                pool.servers().view(),
                servers(place.pool().stats()),
                new PoolReport.Traffic(
                        traffic.transactions,
                        traffic.queries,
                        traffic.transactionTime,
                        traffic.queryTime,
                        traffic.bytesFromClients,
                        traffic.bytesFromServers),
                new PoolReport.Statements(
                        statements.size(),
                        statements.bytes(),
                        traffic.clientParses,
                        traffic.serverParses,
                        traffic.binds));
    }

    private static PoolReport.Servers servers(PoolStats stats) {
        Map<String, Long> failures = new LinkedHashMap<>();
        for (ServerFailure.Kind kind : ServerFailure.Kind.values()) {
            failures.put(kind.label(), stats.failuresByKind[kind.ordinal()]);
        }
        Map<String, Long> closed = new LinkedHashMap<>();
        for (CloseReason reason : CloseReason.values()) {
            closed.put(reason.label(), stats.serversClosed[reason.ordinal()]);
        }
        return new PoolReport.Servers(stats.serverAssignments, stats.waitTime, stats.serversOpened, failures, closed);
    }
}
