package dev.postern.routing;

import java.util.Optional;

/**
 * What a client said about where it wants to go.
 *
 * @param database of the startup packet; PostgreSQL's default, the user name, filled in by the caller
 * @param serverName from the TLS handshake (SNI), as the client wrote it
 * @param routeOption from the startup packet's {@code options}, see {@link RouteOption}
 */
public record StartupFacts(String database, Optional<String> serverName, Optional<String> routeOption) {
    /** A client that named a database and nothing else. */
    public static StartupFacts ofDatabase(String database) {
        return new StartupFacts(database, Optional.empty(), Optional.empty());
    }
}
