package dev.postern.gateway.frontend;

import dev.postern.gateway.protocol.Refusal;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** How many client connections there are, and how logins ended. Safe for use by all threads. */
public final class ClientCounts {
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger loggedIn = new AtomicInteger();
    private final LongAdder accepted = new LongAdder();
    private final LongAdder logins = new LongAdder();
    private final LongAdder cancels = new LongAdder();
    private final ConcurrentHashMap<String, LongAdder> refusals = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<ClientLimits.Of, Integer> sessions = new ConcurrentHashMap<>();
    private volatile ClientLimits limits;

    public ClientCounts(ClientLimits limits) {
        this.limits = limits;
    }

    public void limits(ClientLimits changed) {
        limits = changed;
    }

    void opened() {
        accepted.increment();
        open.incrementAndGet();
    }

    void closed() {
        open.decrementAndGet();
    }

    /**
     * Whether the gateway has room for the connection that sent a startup packet: nobody is asked for a password in vain.
     * Unlike in PgBouncer those that are not logged in do not count, or strangers could take all places.
     */
    Optional<Refusal> admits() {
        return loggedIn.get() >= limits.maxClientConn() ? Optional.of(full()) : Optional.empty();
    }

    private Refusal full() {
        return new Refusal.TooManyClients("max_client_conn", "maxClientConn=" + limits.maxClientConn());
    }

    /** One more session of an authenticated client, unless it is too many; each one that is not ends with {@link #logout}. */
    Optional<Refusal> login(String route, String database, String user) {
        ClientLimits now = limits;
        List<ClientLimits.Counted> counted = now.of(route, database, user);
        for (int i = 0; i < counted.size(); i++) {
            ClientLimits.Counted one = counted.get(i);
            int clients = sessions.merge(one.of(), 1, Integer::sum);
            if (one.most() > 0 && clients > one.most()) {
                counted.subList(0, i + 1).forEach(taken -> leave(taken.of()));
                return Optional.of(new Refusal.TooManyClients(one.limit(), one.toString()));
            }
        }
        if (loggedIn.incrementAndGet() > now.maxClientConn()) {
            loggedIn.decrementAndGet();
            counted.forEach(taken -> leave(taken.of()));
            return Optional.of(full());
        }
        logins.increment();
        return Optional.empty();
    }

    void logout(String route, String database, String user) {
        limits.of(route, database, user).forEach(counted -> leave(counted.of()));
        loggedIn.decrementAndGet();
    }

    private void leave(ClientLimits.Of of) {
        sessions.computeIfPresent(of, (key, clients) -> clients == 1 ? null : clients - 1);
    }

    /** Sessions of one route, database or user. */
    public int sessions(ClientLimits.Of of) {
        return sessions.getOrDefault(of, 0);
    }

    void refused(Refusal refusal) {
        refusals.computeIfAbsent(refusal.reason(), reason -> new LongAdder()).increment();
    }

    void handshakeFailed() {
        refusals.computeIfAbsent("tls_handshake", reason -> new LongAdder()).increment();
    }

    void canceled() {
        cancels.increment();
    }

    /** Most connections. */
    public int limit() {
        return limits.maxClientConn();
    }

    /** Connections that are open, in whatever state. */
    public int open() {
        return open.get();
    }

    /** Sessions. */
    public int loggedIn() {
        return loggedIn.get();
    }

    public long accepted() {
        return accepted.sum();
    }

    public long logins() {
        return logins.sum();
    }

    public long cancels() {
        return cancels.sum();
    }

    /** Refusals so far by {@link Refusal#reason()}. */
    public java.util.Map<String, Long> refusals() {
        java.util.Map<String, Long> sums = new java.util.TreeMap<>();
        refusals.forEach((reason, count) -> sums.put(reason, count.sum()));
        return sums;
    }
}
