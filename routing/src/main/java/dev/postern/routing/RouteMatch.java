package dev.postern.routing;

import java.util.List;

/**
 * Which clients take a route.
 *
 * @param databases names, or patterns with {@code *}; empty: every database, for a client that names the route by server
 *     name or option
 * @param serverNames TLS server names, or {@code *.example.com}; empty: none
 */
public record RouteMatch(List<String> databases, List<String> serverNames) {
    public RouteMatch {
        databases = List.copyOf(databases);
        serverNames = List.copyOf(serverNames);
    }
}
