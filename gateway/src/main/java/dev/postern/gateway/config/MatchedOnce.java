package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.KeyPath;
import dev.postern.gateway.config.yaml.Problems;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds names (or patterns) that lead to two routes. A database may stand in several routes when each of them has server
 * names: those tell the routes apart, and a client without one is told so.
 */
final class MatchedOnce {
    private final Problems problems;
    private final String kind;
    private final Map<String, Owner> owners = new HashMap<>();

    private record Owner(RouteConfig route, String path) {}

    MatchedOnce(Problems problems, String kind) {
        this.problems = problems;
        this.kind = kind;
    }

    void add(RouteConfig route, KeyPath list, List<String> names) {
        for (int i = 0; i < names.size(); i++) {
            KeyPath path = list.element(i);
            if (problems.isSettled(path)) {
                continue;
            }
            String name = names.get(i);
            Owner first = owners.putIfAbsent(name, new Owner(route, path.text()));
            if (first != null && first.route() == route) {
                problems.report(path, "the " + kind + " \"" + name + "\" stands in this list twice", "each once");
            } else if (first != null && !toldApart(first.route(), route)) {
                problems.report(
                        path,
                        "the " + kind + " \"" + name + "\" already leads to the route "
                                + first.route().name() + ", at " + first.path(),
                        kind.equals("database") ? "one route, or serverNames on both" : "one route");
            }
        }
    }

    private boolean toldApart(RouteConfig first, RouteConfig second) {
        return kind.equals("database")
                && !first.match().serverNames().isEmpty()
                && !second.match().serverNames().isEmpty();
    }
}
