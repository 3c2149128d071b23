package dev.postern.gateway.pool;

/** A pool's notes on one of its server connections: state, age, and what it was opened with. */
public final class Seat {
    /** PgBouncer's server states, as the pool tells them apart. */
    public enum State {
        IDLE,
        ACTIVE,
        TESTED,
        GONE
    }

    final long epoch;
    final long generation;
    final long openedAt;
    final long lifetimeNanos;
    State state = State.ACTIVE;
    long idleSince;
    boolean doubtful;

    Seat(long epoch, long generation, long openedAt, long lifetimeNanos) {
        this.epoch = epoch;
        this.generation = generation;
        this.openedAt = openedAt;
        this.lifetimeNanos = lifetimeNanos;
    }

    public State state() {
        return state;
    }

    /** Since when it is idle, on the pool's clock; of meaning in that state alone. */
    public long idleSince() {
        return idleSince;
    }

    /** When it was lent, its role could vanish at any moment. */
    public boolean doubtful() {
        return doubtful;
    }

    /** The generation of the credential that opened the connection. */
    public long generation() {
        return generation;
    }

    /** On the pool's clock, in nanoseconds. */
    public long openedAt() {
        return openedAt;
    }
}
