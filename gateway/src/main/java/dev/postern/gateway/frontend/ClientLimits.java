package dev.postern.gateway.frontend;

import java.util.List;
import java.util.Map;

/**
 * How many clients there may be; 0 switches all but the first off.
 *
 * @param maxClientConn sessions in all
 * @param perUser sessions of a user over all routes ({@code max_user_client_connections})
 * @param users the same for users that have their own
 * @param routes limits within each route
 */
public record ClientLimits(int maxClientConn, int perUser, Map<String, Integer> users, Map<String, OfRoute> routes) {
    public ClientLimits {
        users = Map.copyOf(users);
        routes = Map.copyOf(routes);
    }

    /**
     * Limits within one route.
     *
     * @param all its sessions
     * @param perDatabase sessions of a database, as clients name it ({@code max_db_client_connections})
     * @param users sessions of a user, for users that have such a limit
     */
    public record OfRoute(int all, int perDatabase, Map<String, Integer> users) {
        static final OfRoute NONE = new OfRoute(0, 0, Map.of());

        public OfRoute {
            users = Map.copyOf(users);
        }
    }

    /** What sessions are counted by. */
    public sealed interface Of {
        record Route(String name) implements Of {}

        record Database(String route, String name) implements Of {}

        record User(String name) implements Of {}

        record UserOfRoute(String route, String name) implements Of {}
    }

    /**
     * One of the limits that a session counts for.
     *
     * @param limit its name, as clients read it
     */
    record Counted(Of of, int most, String limit) {}

    /** All of them, with a limit or not: a reload may give one to what is counted already. */
    List<Counted> of(String route, String database, String user) {
        OfRoute own = routes.getOrDefault(route, OfRoute.NONE);
        return List.of(
                new Counted(new Of.Route(route), own.all(), "max_route_client_connections"),
                new Counted(new Of.Database(route, database), own.perDatabase(), "max_db_client_connections"),
                new Counted(new Of.User(user), users.getOrDefault(user, perUser), "max_user_client_connections"),
                new Counted(
                        new Of.UserOfRoute(route, user),
                        own.users().getOrDefault(user, 0),
                        "max_user_client_connections"));
    }
}
