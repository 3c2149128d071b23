package dev.postern.gateway.frontend;

import dev.postern.gateway.protocol.Refusal;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * All connections that are open and not logged in, the oldest first, and how many there may be. They are bounded on their own
 * and take no place from those that are in: otherwise whoever opens connections and says nothing would shut everybody out.
 * When there are too many the oldest has to go, for a client that means it needs little time; one that has just come is not
 * put out for another that has just come. Safe for use by all threads.
 */
public final class UnfinishedLogins {
    /** A client that has been here for less is not put out for a new one. */
    private static final Duration LEAST_TIME = Duration.ofSeconds(1);

    private static final String LIMIT = "max_conn_before_login";

    /** Guarded by this. */
    private final Set<Login> logins = new LinkedHashSet<>();

    private volatile int most;

    private final Duration leastTime;

    public UnfinishedLogins(int most) {
        this(most, LEAST_TIME);
    }

    UnfinishedLogins(int most, Duration leastTime) {
        this.most = most;
        this.leastTime = leastTime;
    }

    /** @param most at least 1; those that are there stay */
    public void limit(int most) {
        this.most = most;
    }

    /** How many there may be. */
    public int most() {
        return most;
    }

    /** Connections that are not logged in. */
    public synchronized int size() {
        return logins.size();
    }

    /** A connection has come; empty, or why it has to go at once. */
    Optional<Refusal> begin(Login login) {
        int limit = most;
        Refusal tooMany = new Refusal.TooManyClients(LIMIT, "maxConnBeforeLogin=" + limit);
        Optional<Login> victim = Optional.empty();
        synchronized (this) {
            if (logins.size() >= limit) {
                victim = takeOldest(login);
                if (victim.isEmpty()) {
                    return Optional.of(tooMany);
                }
            }
            logins.add(login);
        }
        victim.ifPresent(oldest -> oldest.evict(tooMany));
        return Optional.empty();
    }

    private Optional<Login> takeOldest(Login newcomer) {
        Iterator<Login> oldestFirst = logins.iterator();
        if (!oldestFirst.hasNext()) {
            return Optional.empty();
        }
        Login oldest = oldestFirst.next();
        if (Duration.between(oldest.acceptedAt(), newcomer.acceptedAt()).compareTo(leastTime) < 0) {
            return Optional.empty();
        }
        oldestFirst.remove();
        return Optional.of(oldest);
    }

    /** It is logged in, or gone. Idempotent. */
    void end(Login login) {
        synchronized (this) {
            logins.remove(login);
        }
    }
}
