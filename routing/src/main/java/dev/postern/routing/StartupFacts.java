package dev.postern.routing;

import java.util.Optional;

/**
 * What a client said about where it wants to go.
 *
 * @param database of the startup packet; PostgreSQL's default, the user name, filled in by the caller
 * @param serverName from the TLS handshake (SNI), as the client wrote it
 * @param routeOption from the startup packet's {@code options}, see {@link RouteOption}
 * @param withoutDatabase physical replication: the database is a name that means nothing, unless a route lists it
 */
public record StartupFacts(
        String database, Optional<String> serverName, Optional<String> routeOption, boolean withoutDatabase) {
    /** An ordinary session. */
    public StartupFacts(String database, Optional<String> serverName, Optional<String> routeOption) {
        this(database, serverName, routeOption, false);
    }

    /** A client that named a database and nothing else. */
    public static StartupFacts ofDatabase(String database) {
        return new StartupFacts(database, Optional.empty(), Optional.empty());
    }
}
