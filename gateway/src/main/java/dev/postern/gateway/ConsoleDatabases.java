package dev.postern.gateway;

import dev.postern.gateway.frontend.SessionPool;
import dev.postern.routing.DatabaseTemplate;
import dev.postern.routing.RouteDecision;
import dev.postern.routing.RouteEntry;
import dev.postern.routing.StartupFacts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Databases as the console names them: each name that a route lists, and those that clients found by its patterns. A name
 * that stands in several routes is shown as {@code name@route}. Names that lead to one pool are told apart only in the
 * list: the pool is the first one's.
 */
final class ConsoleDatabases {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final RouteSnapshot snapshot;

    /**
     * A database.
     *
     * @param shown unique
     * @param name what clients call it
     * @param places its pools, once a client came; none also for a further name of the same pool
     */
    record Entry(String shown, RouteRuntime route, String name, String backendDatabase, List<Place> places) {
        Switches.Database database() {
            return new Switches.Database(route.config().name(), name);
        }
    }

    /**
     * A pool of a database.
     *
     * @param role whose pool it is; empty where the route has one role for all
     */
    record Place(Optional<String> role, RouteRuntime.DatabasePool pool) {}

    /** What was found at a pool. */
    record Found<T>(Entry entry, T value) {}

    /** Looks at a pool, on its loop. */
    interface Look<T> {
        T at(Entry entry, Place place, SessionPool pool);
    }

    ConsoleDatabases(RouteSnapshot snapshot) {
        this.snapshot = snapshot;
    }

    List<RouteRuntime> routes() {
        return snapshot.table().entries().stream().map(RouteEntry::target).toList();
    }

    /** In the order of the configuration. */
    List<Entry> all() {
        List<Entry> entries = new ArrayList<>();
        for (RouteRuntime route : routes()) {
            add(entries, route);
        }
        Map<String, Set<String>> routesOfName = new HashMap<>();
        entries.forEach(entry -> routesOfName
                .computeIfAbsent(entry.name(), name -> new HashSet<>())
                .add(entry.route().config().name()));
        return entries.stream()
                .map(entry -> routesOfName.get(entry.name()) instanceof Set<String> routes && routes.size() > 1
                        ? new Entry(
                                entry.name() + "@" + entry.route().config().name(),
                                entry.route(),
                                entry.name(),
                                entry.backendDatabase(),
                                entry.places())
                        : entry)
                .toList();
    }

    private static void add(List<Entry> entries, RouteRuntime route) {
        Map<String, List<Place>> byName = new HashMap<>();
        Map<String, String> backends = new LinkedHashMap<>();
        for (String name : route.config().match().databases()) {
            if (name.indexOf('*') < 0) {
                backends.put(
                        name,
                        route.config()
                                .backend()
                                .database()
                                .map(template ->
                                        DatabaseTemplate.parse(template).expand(List.of()))
                                .orElse(name));
            }
        }
        route.pools().forEach((key, pool) -> {
            if (pool.pool().isPresent()) {
                byName.computeIfAbsent(pool.name(), name -> new ArrayList<>()).add(new Place(key.role(), pool));
                backends.putIfAbsent(pool.name(), key.database());
            }
        });
        for (String name : new LinkedHashSet<>(backends.keySet())) {
            String backend = backends.getOrDefault(name, name);
            entries.add(new Entry(name, route, name, backend, byName.getOrDefault(name, List.of())));
        }
    }

    /** The database of that name, also one that only a pattern knows and nobody has used yet. */
    Optional<Entry> find(String name) {
        List<Entry> all = all();
        Optional<Entry> listed =
                all.stream().filter(entry -> entry.shown().equals(name)).findFirst();
        if (listed.isPresent()) {
            return listed.map(entry -> head(all, entry));
        }
        return snapshot.table().decide(new StartupFacts(name, Optional.empty(), Optional.empty()))
                        instanceof RouteDecision.Matched<RouteRuntime>(var entry, var captures, var why)
                ? Optional.of(new Entry(name, entry.target(), name, name, List.of()))
                : Optional.empty();
    }

    /** Of several names of one pool the one that stands for it. */
    private static Entry head(List<Entry> all, Entry entry) {
        return all.stream()
                .filter(other -> other.route() == entry.route()
                        && other.backendDatabase().equals(entry.backendDatabase()))
                .findFirst()
                .orElse(entry);
    }

    /** Asks every pool on its loop. Blocks; a loop that does not answer in time is left out. */
    <T> List<Found<T>> ask(List<Entry> entries, Look<T> look) {
        List<CompletableFuture<Optional<Found<T>>>> answers = new ArrayList<>();
        for (Entry entry : entries) {
            entry.places().forEach(place -> answers.add(ask(entry, place, look)));
        }
        List<Found<T>> found = new ArrayList<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        answers.forEach(answer -> await(answer, deadline).ifPresent(found::add));
        return found;
    }

    private static <T> CompletableFuture<Optional<Found<T>>> ask(Entry entry, Place place, Look<T> look) {
        try {
            return CompletableFuture.supplyAsync(
                    () -> place.pool().pool().map(pool -> new Found<>(entry, look.at(entry, place, pool))),
                    place.pool().loop());
        } catch (RejectedExecutionException e) { // the loop has ended
            return CompletableFuture.completedFuture(Optional.empty());
        }
    }

    private static <T> Optional<T> await(CompletableFuture<Optional<T>> answer, long deadline) {
        try {
            return answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
