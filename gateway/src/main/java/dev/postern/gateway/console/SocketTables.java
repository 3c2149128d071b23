package dev.postern.gateway.console;

import dev.postern.gateway.pool.ClientFacts;
import dev.postern.gateway.pool.ServerFacts;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** SHOW CLIENTS, SERVERS, SOCKETS and ACTIVE_SOCKETS. Pure. */
final class SocketTables {
    private static final String[] NAMES = {
        "type", "user", "database", "replication", "state", "addr", "port", "local_addr", "local_port",
        "connect_time", "request_time", "wait", "wait_us", "close_needed", "ptr", "link", "remote_pid", "tls",
        "application_name", "prepared_statements", "id"
    };
    private static final String[] BUFFERS = {
        "recv_pos", "pkt_pos", "pkt_remain", "send_pos", "send_remain", "pkt_avail", "send_avail"
    };

    static final List<Column> COLUMNS = Column.of("ssssssisiTTiiississii", NAMES);
    static final List<Column> DEBUG_COLUMNS = Column.of("ssssssisiTTiiississiiiiiiiii", concat(NAMES, BUFFERS));

    private SocketTables() {}

    private static String[] concat(String[] first, String[] second) {
        String[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    static List<Row> clients(Snapshot snapshot) {
        List<Row> rows = new ArrayList<>();
        snapshot.consoles().forEach(client -> rows.add(Row.of(client("pgbouncer", client, ""))));
        snapshot.pools()
                .forEach(pool ->
                        pool.clients().forEach(client -> rows.add(Row.of(client(pool.database(), client, "")))));
        return rows;
    }

    static List<Row> servers(Snapshot snapshot) {
        List<Row> rows = new ArrayList<>();
        snapshot.pools()
                .forEach(pool ->
                        pool.servers().forEach(server -> rows.add(Row.of(server(pool.database(), server, "")))));
        return rows;
    }

    /** Clients that keep their server in transaction mode, and why. */
    static List<Row> pinned(Snapshot snapshot) {
        List<Row> rows = new ArrayList<>();
        for (Snapshot.Pool pool : snapshot.pools()) {
            for (ClientFacts client : pool.clients()) {
                if (!client.pinned().isEmpty()) {
                    rows.add(Row.of(pool.database(), client.user(), client.id(), pid(pool, client), client.pinned()));
                }
            }
        }
        return rows;
    }

    /** Clients in transaction mode that LISTEN by the pool's listener. */
    static List<Row> listening(Snapshot snapshot) {
        List<Row> rows = new ArrayList<>();
        for (Snapshot.Pool pool : snapshot.pools()) {
            for (ClientFacts client : pool.clients()) {
                if (client.listensTo() > 0) {
                    rows.add(Row.of(pool.database(), client.user(), client.id(), client.listensTo()));
                }
            }
        }
        return rows;
    }

    private static int pid(Snapshot.Pool pool, ClientFacts client) {
        return pool.servers().stream()
                .filter(server ->
                        client.server().equals(OptionalLong.of(server.facts().id())))
                .mapToInt(server -> server.facts().pid())
                .findFirst()
                .orElse(0);
    }

    /** @param active only those that have something to do */
    static List<Row> sockets(Snapshot snapshot, boolean active) {
        List<Row> rows = new ArrayList<>();
        if (!active) {
            snapshot.consoles().forEach(client -> rows.add(debug(client("pgbouncer", client, "cl_"))));
        }
        for (Snapshot.Pool pool : snapshot.pools()) {
            pool.clients().stream()
                    .filter(client -> !active || !client.state().equals("idle"))
                    .forEach(client -> rows.add(debug(client(pool.database(), client, "cl_"))));
            pool.servers().stream()
                    .filter(server -> !active || server.client().isPresent())
                    .forEach(server -> rows.add(debug(server(pool.database(), server, "sv_"))));
        }
        return rows;
    }

    /** There are no buffers of PgBouncer's kind: those columns are 0. */
    private static Row debug(Object[] values) {
        Object[] all = Arrays.copyOf(values, values.length + BUFFERS.length);
        Arrays.fill(all, values.length, all.length, 0);
        return Row.of(all);
    }

    private static Object[] client(String database, ClientFacts client, String prefix) {
        // In SOCKETS PgBouncer tells no idle clients from active ones.
        String state = !prefix.isEmpty() && client.state().equals("idle") ? "active" : client.state();
        return new Object[] {
            "C",
            client.user(),
            database,
            client.replication(),
            prefix + state,
            host(client.remote()),
            port(client.remote()),
            host(client.local()),
            port(client.local()),
            client.connected(),
            client.requested(),
            client.waited().toSeconds(),
            micros(client.waited()),
            0,
            pointer(client.id()),
            client.server().isPresent() ? pointer(client.server().getAsLong()) : "",
            0,
            client.tls(),
            client.applicationName(),
            client.statements(),
            client.id()
        };
    }

    private static Object[] server(String database, Snapshot.Server server, String prefix) {
        ServerFacts facts = server.facts();
        OptionalLong client = server.client();
        return new Object[] {
            "S",
            facts.user(),
            database,
            facts.replication(),
            prefix + server.state(),
            host(facts.remote()),
            port(facts.remote()),
            host(facts.local()),
            port(facts.local()),
            facts.connected(),
            facts.requested(),
            0,
            0,
            server.closing(),
            pointer(facts.id()),
            client.isPresent() ? pointer(client.getAsLong()) : "",
            facts.pid(),
            facts.tls(),
            facts.applicationName(),
            facts.statements(),
            facts.id()
        };
    }

    private static String pointer(long id) {
        return "0x" + Long.toHexString(id);
    }

    static long micros(Duration duration) {
        return duration.toNanosPart() / 1000;
    }

    private static String host(Optional<SocketAddress> address) {
        return address.map(known -> known instanceof InetSocketAddress inet
                        ? inet.getAddress() == null
                                ? inet.getHostString()
                                : inet.getAddress().getHostAddress()
                        : "unix")
                .orElse("");
    }

    private static int port(Optional<SocketAddress> address) {
        return address.orElse(null) instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }
}
