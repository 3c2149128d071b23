package dev.postern.gateway.frontend;

import dev.postern.gateway.protocol.Refusal;
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
    private volatile int maxClientConn;

    public ClientCounts(int maxClientConn) {
        this.maxClientConn = maxClientConn;
    }

    public void maxClientConn(int limit) {
        maxClientConn = limit;
    }

    void opened() {
        accepted.increment();
        open.incrementAndGet();
    }

    void closed() {
        open.decrementAndGet();
    }

    /** Whether one more session is too many. */
    Optional<Refusal> login() {
        if (loggedIn.incrementAndGet() > maxClientConn) {
            loggedIn.decrementAndGet();
            return Optional.of(new Refusal.TooManyClients("maxClientConn=" + maxClientConn));
        }
        logins.increment();
        return Optional.empty();
    }

    void logout() {
        loggedIn.decrementAndGet();
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

    /** Most sessions. */
    public int limit() {
        return maxClientConn;
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
