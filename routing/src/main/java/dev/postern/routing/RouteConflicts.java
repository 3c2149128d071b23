package dev.postern.routing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What keeps entries from being one table. */
final class RouteConflicts {
    private final List<RouteConflict> found = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Map<String, RouteEntry<?>> databases = new HashMap<>();
    private final Map<String, RouteEntry<?>> serverNames = new HashMap<>();

    private RouteConflicts() {}

    static <T> List<RouteConflict> among(List<RouteEntry<T>> entries) {
        RouteConflicts conflicts = new RouteConflicts();
        entries.forEach(conflicts::add);
        return conflicts.found;
    }

    private void add(RouteEntry<?> entry) {
        if (!names.add(entry.name())) {
            report(entry, "another route has this name");
        }
        RouteMatch match = entry.match();
        if (match.databases().isEmpty() && match.serverNames().isEmpty()) {
            report(entry, "no client can take it: it lists neither databases nor server names");
        }
        for (String database : match.databases()) {
            if (database.isEmpty() || database.contains("**")) {
                report(entry, "\"" + database + "\" is no database name: it is empty or has two * side by side");
            } else {
                addDatabase(entry, database);
            }
        }
        for (String name : match.serverNames()) {
            addServerName(entry, name);
        }
    }

    private void addDatabase(RouteEntry<?> entry, String database) {
        RouteEntry<?> first = databases.putIfAbsent(database, entry);
        if (first == entry) {
            report(entry, "the database \"" + database + "\" stands in it twice");
        } else if (first != null && !(hasServerNames(first) && hasServerNames(entry))) {
            report(
                    entry,
                    "the database \"" + database + "\" already leads to the route " + first.name()
                            + "; both need server names to tell them apart");
        }
    }

    private void addServerName(RouteEntry<?> entry, String written) {
        String name = ServerNames.normal(written);
        if (name.isEmpty() || name.indexOf('*') >= 0 && (name.lastIndexOf('*') > 0 || !name.startsWith("*."))) {
            report(entry, "\"" + written + "\" is no server name: a * may only stand for the first label");
            return;
        }
        RouteEntry<?> first = serverNames.putIfAbsent(name, entry);
        if (first == entry) {
            report(entry, "the server name \"" + name + "\" stands in it twice");
        } else if (first != null) {
            report(entry, "the server name \"" + name + "\" already leads to the route " + first.name());
        }
    }

    private void report(RouteEntry<?> entry, String what) {
        found.add(new RouteConflict(entry.name(), what));
    }

    private static boolean hasServerNames(RouteEntry<?> entry) {
        return !entry.match().serverNames().isEmpty();
    }
}
