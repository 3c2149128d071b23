package dev.postern.gateway.pool;

/** A place in the line for a server. */
public final class Ticket<S extends PooledServer> {
    private final Waiters<S> line;
    private final Waiter<S> waiter;
    private final long since;
    private final long deadline;
    private boolean waiting = true;
    private boolean told;

    Ticket(Waiters<S> line, Waiter<S> waiter, long since, long deadline) {
        this.line = line;
        this.waiter = waiter;
        this.since = since;
        this.deadline = deadline;
    }

    /** Gives the place up: the waiter will hear nothing more. Has no effect once it was served or refused. */
    public void giveUp() {
        leave();
    }

    void leave() {
        if (waiting) {
            waiting = false;
            line.left();
        }
    }

    /** Once true, for the one who tells the waiter that it waits. */
    boolean tell() {
        boolean first = !told;
        told = true;
        return first;
    }

    boolean waiting() {
        return waiting;
    }

    Waiter<S> waiter() {
        return waiter;
    }

    /** When the wait began, on the pool's clock. */
    public long since() {
        return since;
    }

    long deadline() {
        return deadline;
    }
}
