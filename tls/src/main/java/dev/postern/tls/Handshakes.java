package dev.postern.tls;

import io.netty.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** The handshakes of all listeners that have begun and not ended, and how many there may be. Safe for use by all threads. */
public final class Handshakes {
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile int most;

    /** @param most further ones wait for their turn; 0: no limit. Those under way go on */
    public void limit(int most) {
        this.most = most;
    }

    boolean full() {
        int now = most;
        return now > 0 && underWay.get() >= now;
    }

    void begun(Future<?> handshake) {
        underWay.incrementAndGet();
        handshake.addListener(over -> underWay.decrementAndGet());
    }

    void waits() {
        waiting.incrementAndGet();
    }

    void waitsNoMore() {
        waiting.decrementAndGet();
    }

    /** Begun, and neither done nor failed. */
    public int underWay() {
        return underWay.get();
    }

    /** Clients whose ClientHello is there and whose turn has not come. */
    public int waiting() {
        return waiting.get();
    }
}
