package dev.postern.gateway.console;

import dev.postern.auth.credentials.CredentialStatus;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.pool.ClientFacts;
import dev.postern.gateway.pool.PoolView;
import dev.postern.gateway.pool.ServerFacts;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The gateway at one moment, as the console tells of it.
 *
 * @param at when
 * @param databases every name that is configured, and names that clients found by a pattern
 * @param pools one for each database that a client has used
 * @param openClients connections in whatever state
 * @param loginClients those that are not logged in
 * @param listenPort of the first listener on TCP; 0 without one
 * @param consoles clients of the console
 * @param consoleCounters what they have asked
 * @param hosts names that were looked up
 */
public record Snapshot(
        Instant at,
        List<Database> databases,
        List<Pool> pools,
        int openClients,
        int loginClients,
        int listenPort,
        List<ClientFacts> consoles,
        Counters consoleCounters,
        List<Host> hosts,
        List<Credential> credentials) {
    public Snapshot {
        databases = List.copyOf(databases);
        pools = List.copyOf(pools);
        consoles = List.copyOf(consoles);
        hosts = List.copyOf(hosts);
        credentials = List.copyOf(credentials);
    }

    /**
     * A database as clients know it.
     *
     * @param name unique
     * @param backendDatabase its name on the server
     * @param user the role that its servers are opened with, where the configuration names one
     * @param servers server connections now
     * @param clients clients now
     */
    public record Database(
            String name,
            RouteConfig route,
            String backendDatabase,
            Optional<String> user,
            int servers,
            int clients,
            boolean paused,
            boolean disabled) {}

    /**
     * The servers of one database and role, and the clients that use them.
     *
     * @param database its name in {@link Database}
     * @param user see there
     */
    public record Pool(
            String database,
            String user,
            RouteConfig route,
            PoolView view,
            Counters counters,
            List<ClientFacts> clients,
            List<Server> servers) {
        public Pool {
            clients = List.copyOf(clients);
            servers = List.copyOf(servers);
        }

        int count(String state) {
            return (int) servers.stream()
                    .filter(server -> server.state().equals(state))
                    .count();
        }

        int cancels() {
            return servers.stream().mapToInt(server -> server.facts().cancels()).sum();
        }
    }

    /**
     * A server connection.
     *
     * @param state in PgBouncer's words
     * @param closing it will not be lent again
     * @param client the id of the client that has it
     */
    public record Server(ServerFacts facts, String state, boolean closing, OptionalLong client) {}

    /** A host name that was looked up. */
    public record Host(String name, long secondsLeft, List<String> addresses) {
        public Host {
            addresses = List.copyOf(addresses);
        }
    }

    /** The credential that opens a route's server connections. */
    public record Credential(String route, CredentialStatus status) {}
}
