package dev.postern.routing;

import dev.postern.routing.DatabaseNames.Found;
import dev.postern.routing.RouteDecision.Contradiction;
import dev.postern.routing.RouteDecision.Matched;
import dev.postern.routing.RouteDecision.Unknown;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All routes at one moment. Immutable, so any thread may ask it; a reload builds another one. The rules are in the
 * package's documentation. Exact names cost a hash each, however many routes there are.
 */
public final class RouteTable<T> {
    private final List<RouteEntry<T>> entries;
    private final Map<String, Route<T>> byName = new HashMap<>();
    private final ServerNames<Route<T>> byServerName;
    /** More than one route where server names tell them apart. */
    private final DatabaseNames<List<Route<T>>> byDatabase;

    /** An entry with its own databases, which a client that named the route has to keep to. */
    private record Route<T>(RouteEntry<T> entry, DatabaseNames<Boolean> databases) {
        static <T> Route<T> of(RouteEntry<T> entry) {
            Map<String, Boolean> own = new HashMap<>();
            entry.match().databases().forEach(name -> own.put(name, true));
            return new Route<>(entry, new DatabaseNames<>(own));
        }
    }

    private RouteTable(List<RouteEntry<T>> entries) {
        this.entries = List.copyOf(entries);
        Map<String, Route<T>> serverNames = new HashMap<>();
        Map<String, List<Route<T>>> databases = new LinkedHashMap<>();
        for (RouteEntry<T> entry : entries) {
            Route<T> route = Route.of(entry);
            byName.put(entry.name(), route);
            entry.match().serverNames().forEach(name -> serverNames.put(ServerNames.normal(name), route));
            entry.match().databases().forEach(name -> databases.merge(name, List.of(route), RouteTable::joined));
        }
        byServerName = new ServerNames<>(serverNames);
        byDatabase = new DatabaseNames<>(databases);
    }

    /** A table of these entries, or all their conflicts. */
    public static <T> RouteTableResult<T> build(List<RouteEntry<T>> entries) {
        List<RouteConflict> conflicts = RouteConflicts.among(entries);
        return conflicts.isEmpty()
                ? new RouteTableResult.Built<>(new RouteTable<>(entries))
                : new RouteTableResult.Conflicted<>(conflicts);
    }

    /** A table without routes, from which every client is turned away. */
    public static <T> RouteTable<T> empty() {
        return new RouteTable<>(List.of());
    }

    /** In the order they were given. */
    public List<RouteEntry<T>> entries() {
        return entries;
    }

    /** Where this client goes. */
    public RouteDecision<T> decide(StartupFacts facts) {
        Optional<ServerNames.Found<Route<T>>> byServer = facts.serverName().flatMap(byServerName::find);
        if (facts.routeOption().isPresent()) {
            return byOption(facts, facts.routeOption().get(), byServer);
        }
        return byServer.isPresent() ? within(byServer.get(), serverNameOf(facts), facts) : byDatabase(facts);
    }

    private RouteDecision<T> byOption(
            StartupFacts facts, String option, Optional<ServerNames.Found<Route<T>>> byServer) {
        if (byServer.isPresent() && !byServer.get().value().entry.name().equals(option)) {
            return new Contradiction<>(
                    byServer.get().value().entry,
                    "The server name and the route named in options do not go together: leave the route out of options,"
                            + " or connect under a host name of that route.",
                    serverNameOf(facts) + " leads to the route "
                            + name(byServer.get().value())
                            + ", but options name the route \"" + option + '"');
        }
        Route<T> named = byName.get(option);
        return named == null
                ? new Unknown<>("options name the route \"" + option + "\", which does not exist")
                : within(
                        new ServerNames.Found<>(
                                named, byServer.map(ServerNames.Found::captures).orElse(List.of())),
                        "options",
                        facts);
    }

    /** The client has named the route: its database must be one of the route's, if that lists any. */
    private RouteDecision<T> within(ServerNames.Found<Route<T>> way, String said, StartupFacts facts) {
        String database = facts.database();
        Route<T> route = way.value();
        if (route.entry.match().databases().isEmpty()) {
            return new Matched<>(route.entry, way.captures(), said + " leads to the route " + name(route));
        }
        Optional<Found<Boolean>> found = route.databases.find(database);
        if (found.isPresent()) {
            String why = said + " leads to the route " + name(route) + ", which lists the database \""
                    + found.get().by() + '"';
            return new Matched<>(route.entry, found.get().captures(), why);
        }
        if (facts.withoutDatabase()) {
            return new Matched<>(route.entry, List.of(), said + " leads to the route " + name(route));
        }
        return new Contradiction<>(
                route.entry,
                "The database \"" + database + "\" is not served under this host name or route: connect to another"
                        + " database, or under the host name of this one.",
                said + " leads to the route " + name(route) + ", which does not list the database \"" + database + '"');
    }

    private RouteDecision<T> byDatabase(StartupFacts facts) {
        Optional<Found<List<Route<T>>>> found = byDatabase.find(facts.database());
        if (found.isEmpty()) {
            return new Unknown<>("no route lists the database \"" + facts.database() + '"');
        }
        List<Route<T>> routes = found.get().value();
        String listed = "the database \"" + found.get().by() + "\" is listed by ";
        if (routes.size() > 1) {
            String names = routes.stream().map(RouteTable::name).collect(Collectors.joining(", "));
            return new Unknown<>(listed + "the routes " + names + ", and the client sent "
                    + facts.serverName()
                            .map(name -> "the server name \"" + name + "\" of none")
                            .orElse("no server name"));
        }
        return new Matched<>(
                routes.getFirst().entry, found.get().captures(), listed + "the route " + name(routes.getFirst()));
    }

    private static <T> List<Route<T>> joined(List<Route<T>> first, List<Route<T>> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    private static String serverNameOf(StartupFacts facts) {
        return "the server name \"" + facts.serverName().orElse("") + '"';
    }

    private static String name(Route<?> route) {
        return route.entry.name();
    }
}
