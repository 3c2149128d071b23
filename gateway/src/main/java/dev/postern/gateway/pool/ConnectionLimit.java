package dev.postern.gateway.pool;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;

/**
 * Server connections that several pools, on different event loops, count together (PgBouncer's {@code max_db_connections}
 * and {@code max_user_connections}). How many there may be is said with each taking, so that a reload needs no more than new
 * settings. Safe for use by all threads.
 */
public final class ConnectionLimit {
    /** No server idles in the pool. */
    static final long NONE_IDLE = Long.MAX_VALUE;

    private final AtomicInteger taken = new AtomicInteger();
    private final Set<Member> members = ConcurrentHashMap.newKeySet();

    /** A pool, called by any thread. */
    interface Member {
        /** Somebody waits there for a connection that the limit did not allow. */
        boolean wantsRoom();

        void roomMade();

        /** Says since when the server idles that has idled longest, or {@link #NONE_IDLE}. */
        void findIdle(LongConsumer since);

        /** Closes that server, if one idles still. */
        void evictIdle();
    }

    /** Connections that count now: open or on the way. */
    public int taken() {
        return taken.get();
    }

    boolean tryTake(int most) {
        if (most == 0) {
            taken.incrementAndGet();
            return true;
        }
        for (int now = taken.get(); now < most; now = taken.get()) {
            if (taken.compareAndSet(now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    /** For a connection that was not opened after all: nobody is told. */
    void takeBack() {
        taken.decrementAndGet();
    }

    void give() {
        taken.decrementAndGet();
        for (Member member : members) {
            if (member.wantsRoom()) {
                member.roomMade();
            }
        }
    }

    void join(Member member) {
        members.add(member);
    }

    /** Whether it was the last. */
    boolean leave(Member member) {
        members.remove(member);
        return members.isEmpty();
    }

    /** Closes the connection that has idled longest among the other pools, if there is one. */
    void makeRoom(Member asker) {
        List<Member> others = members.stream().filter(member -> member != asker).toList();
        if (!others.isEmpty()) {
            new Eviction(others).begin();
        }
    }

    /** Asks every pool; the last answer decides. */
    private static final class Eviction {
        private final List<Member> asked;
        private int left;
        private long oldest = NONE_IDLE;
        private Member victim;

        Eviction(List<Member> asked) {
            this.asked = asked;
            this.left = asked.size();
            this.victim = asked.getFirst();
        }

        void begin() {
            asked.forEach(member -> member.findIdle(since -> answered(member, since)));
        }

        private synchronized void answered(Member member, long since) {
            if (since != NONE_IDLE && (oldest == NONE_IDLE || since - oldest < 0)) {
                oldest = since;
                victim = member;
            }
            if (--left == 0 && oldest != NONE_IDLE) {
                victim.evictIdle();
            }
        }
    }
}
