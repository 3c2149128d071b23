package dev.postern.gateway.frontend;

import dev.postern.gateway.pool.ClientFacts;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.PoolMode;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.StatementCache;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where a session gets its servers from: the server pool of its route, database and server role, and what the clients of
 * that pool share. It stays the same object when a reload gives it a new server pool. Used on its event loop alone.
 */
public final class SessionPool {
    private final String route;
    private final EventLoop loop;
    private final StatementCache statements;
    private final Welcomes welcomes = new Welcomes();
    private final Set<SessionHandler> sessions = new HashSet<>();
    private final Set<ReplicationHandler> replications = new HashSet<>();
    private ServerPool<LentServer> servers;
    private UserTimes timeouts;
    private final ChannelListener channels;
    private boolean removed;
    private boolean draining;
    private boolean suspendedNow;
    private Unused unused = new Unused() {};
    private int clients;
    /** 0: it is not. */
    private long emptySince;

    /** Hears when nobody needs the pool: for one that belongs to a single client role. On the loop. */
    public interface Unused {
        /** The last client has gone; servers may still be there. */
        default void lastClientGone() {}

        /**
         * Neither clients nor servers are left; said a few times a second until it changes or the pool is given up.
         *
         * @param time how long it has been so
         */
        default void empty(Duration time) {}
    }

    public SessionPool(
            String route,
            EventLoop loop,
            ServerPool<LentServer> servers,
            StatementCache statements,
            UserTimes timeouts) {
        this.route = route;
        this.loop = loop;
        this.servers = servers;
        this.statements = statements;
        this.timeouts = timeouts;
        this.channels = new ChannelListener(this);
    }

    /** Listens for the pool's clients in transaction mode. */
    ChannelListener channels() {
        return channels;
    }

    public String route() {
        return route;
    }

    public EventLoop loop() {
        return loop;
    }

    public ServerPool<LentServer> servers() {
        return servers;
    }

    public StatementCache statements() {
        return statements;
    }

    Welcomes welcomes() {
        return welcomes;
    }

    /** A new server connection said this at its login: what clients are told must not be an older server's words. */
    public void welcomedBy(Map<String, String> parameters) {
        welcomes.serverSaid(parameters);
    }

    SessionTimeouts timeouts(String user) {
        return timeouts.of(user);
    }

    Duration queryWaitTimeout(String user) {
        return timeouts.queryWaitTimeout(user, servers.settings().queryWaitTimeout());
    }

    boolean isSessionMode() {
        return servers.settings().mode() == PoolMode.SESSION;
    }

    /** A reload changed the route: the next checkouts are from here. The caller closes the old pool. */
    public void replace(ServerPool<LentServer> newServers, UserTimes newTimeouts) {
        servers = newServers;
        timeouts = newTimeouts;
        welcomes.clear();
    }

    /** A reload removed the route: idle sessions end now, the others after their transaction. */
    public void remove() {
        removed = true;
        forEachSession(SessionHandler::routeRemoved);
        forEachReplication(ReplicationHandler::routeRemoved);
    }

    boolean draining() {
        return draining;
    }

    boolean removed() {
        return removed;
    }

    void add(SessionHandler session) {
        sessions.add(session);
    }

    void remove(SessionHandler session) {
        sessions.remove(session);
    }

    void add(ReplicationHandler replication) {
        replications.add(replication);
    }

    void remove(ReplicationHandler replication) {
        replications.remove(replication);
    }

    public void onUnused(Unused listener) {
        unused = listener;
    }

    /** A client is authenticated for this pool; {@link #left} follows when its connection closes. */
    void entered() {
        clients++;
    }

    void left() {
        clients--;
        if (clients == 0) {
            unused.lastClientGone();
        }
    }

    /** Clients that are logged in. */
    public int sessions() {
        return sessions.size() + replications.size();
    }

    /** Those of them that keep their server in transaction mode. */
    public int pinned() {
        return (int) sessions.stream().filter(SessionHandler::isPinned).count();
    }

    /** Those of them that the pool's listener hears for. */
    public int listening() {
        return channels.size();
    }

    /** What the console shows of each of them. */
    public List<ClientFacts> clients() {
        return Stream.concat(
                        sessions.stream().map(SessionHandler::facts),
                        replications.stream().map(ReplicationHandler::facts))
                .toList();
    }

    /** KILL_CLIENT; whether there is such a client. */
    public boolean kill(long client) {
        for (SessionHandler session : sessions) {
            if (session.id() == client) {
                session.kill();
                return true;
            }
        }
        for (ReplicationHandler replication : replications) {
            if (replication.id() == client) {
                replication.kill();
                return true;
            }
        }
        return false;
    }

    /** KILL: every client, and every server connection, whatever they do. */
    public void kill() {
        forEachSession(SessionHandler::kill);
        forEachReplication(ReplicationHandler::kill);
        servers.servers().forEach(server -> server.close(CloseReason.RECONNECT));
    }

    /** SUSPEND and its end: while it lasts nothing is read from clients or servers. */
    public void suspend(boolean suspended) {
        suspendedNow = suspended;
        forEachSession(session -> session.suspend(suspended));
        forEachReplication(replication -> replication.suspend(suspended));
        servers.servers().forEach(server -> server.suspend(suspended));
    }

    boolean suspended() {
        return suspendedNow;
    }

    /** Nothing is left to be sent to any client. */
    public boolean isFlushed() {
        return sessions.stream().allMatch(SessionHandler::isFlushed)
                && replications.stream().allMatch(ReplicationHandler::isFlushed);
    }

    /** The gateway ends: idle sessions are told now, the others after their transaction. */
    public void drain() {
        draining = true;
        forEachSession(SessionHandler::drain);
        forEachReplication(ReplicationHandler::shutDown);
    }

    /** The time for drain is over. */
    public void terminate() {
        forEachSession(SessionHandler::terminate);
        forEachReplication(ReplicationHandler::shutDown);
    }

    /** Called a few times a second. */
    public void tick() {
        servers.tick();
        channels.tick();
        if (clients > 0 || !servers.empty()) {
            emptySince = 0;
        } else if (emptySince == 0) {
            emptySince = System.nanoTime();
            unused.empty(Duration.ZERO);
        } else {
            unused.empty(Duration.ofNanos(System.nanoTime() - emptySince));
        }
        if (isSessionMode() && servers.settings().serverFastClose()) {
            forEachSession(SessionHandler::closeIfServerEnds);
        }
        if (timeouts.any()) {
            long now = System.nanoTime();
            forEachSession(session -> session.checkTimeouts(now));
        }
    }

    private void forEachReplication(java.util.function.Consumer<ReplicationHandler> action) {
        new ArrayList<>(replications).forEach(action);
    }

    private void forEachSession(java.util.function.Consumer<SessionHandler> action) {
        List<SessionHandler> all = new ArrayList<>(sessions);
        all.forEach(action);
    }
}
