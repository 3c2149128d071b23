package dev.postern.gateway.relay;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What the prepared statements of all clients take, and the limits of it. One for the gateway; used on every event loop, so
 * a limit may be overstepped by as much as two loops take in the same moment.
 */
public final class StatementMemory {
    /** What a statement takes beside its bytes: the objects that hold them. */
    static final int OVERHEAD = 160;

    private final AtomicLong used = new AtomicLong();
    private volatile long most;
    private volatile long mostPerClient;

    /** No limit. */
    public StatementMemory() {
        this(0, 0);
    }

    /** See {@link #limits}. */
    public StatementMemory(long most, long mostPerClient) {
        limits(most, mostPerClient);
    }

    /**
     * In bytes; what is held already stays.
     *
     * @param all of all clients and servers, a text that several share counted once; 0: no limit
     * @param perClient of one client, shared texts counted in full; 0: no limit
     */
    public void limits(long all, long perClient) {
        most = all;
        mostPerClient = perClient;
    }

    /** Bytes held now. */
    public long used() {
        return used.get();
    }

    /** 0: no limit. */
    public long most() {
        return most;
    }

    void add(long bytes) {
        used.addAndGet(bytes);
    }

    boolean isRoomFor(long bytes) {
        return most == 0 || used.get() + bytes <= most;
    }

    /** Whether a client may hold so many. */
    boolean admitsClient(long bytes) {
        return mostPerClient == 0 || bytes <= mostPerClient;
    }
}
