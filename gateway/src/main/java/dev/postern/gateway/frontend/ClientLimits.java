package dev.postern.gateway.frontend;

import java.util.List;

/**
 * How many clients there may be; 0 switches all but the first off.
 *
 * @param maxClientConn connections in all, logged in or not
 * @param perRoute sessions of a route
 * @param perDatabase sessions of a database, as clients name it, of a route ({@code max_db_client_connections})
 * @param perUser sessions of a user over all routes ({@code max_user_client_connections})
 */
public record ClientLimits(int maxClientConn, int perRoute, int perDatabase, int perUser) {
    /** What sessions are counted by. */
    public sealed interface Of {
        record Route(String name) implements Of {}

        record Database(String route, String name) implements Of {}

        record User(String name) implements Of {}
    }

    /**
     * One of the limits that a session counts for.
     *
     * @param limit its name, as clients read it
     */
    record Counted(Of of, int most, String limit) {}

    List<Counted> of(String route, String database, String user) {
        return List.of(
                new Counted(new Of.Route(route), perRoute, "max_route_client_connections"),
                new Counted(new Of.Database(route, database), perDatabase, "max_db_client_connections"),
                new Counted(new Of.User(user), perUser, "max_user_client_connections"));
    }
}
