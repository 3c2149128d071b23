package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.GenerationState;
import dev.postern.auth.credentials.GenerationState.Phase;
import java.time.Duration;
import java.time.Instant;

/** One lease and the connections on it: its times and its phase. Guarded by the lock of its {@link LeasedCredential}, but for {@link #state}. */
final class Generation {
    private static final Duration LEAST_MARGIN = Duration.ofMillis(500);
    private static final Duration MOST_MARGIN = Duration.ofSeconds(10);

    /** Renewing for less than this is not worth a request. */
    private static final Duration NOTHING_LEFT = Duration.ofSeconds(1);

    final Credential credential;
    final String leaseId;
    final HeldToken token;
    final Duration ttl;
    final Duration margin;
    final Instant issued;

    private Instant leaseExpires;
    private Instant lastPossible = Instant.MAX;
    private boolean renewable;
    boolean endLearned;
    /** Vault has said, or the server has shown, that the role is gone. */
    boolean lost;
    /** The server has let somebody in with it. */
    volatile boolean accepted;
    /** A successor is wanted whatever the time. */
    boolean mustBeReplaced;

    /** When it is RETIRING: whether its pools have heard that no transaction may begin on it any more. */
    boolean spent;

    Instant renewAt = Instant.MAX;
    Instant replaceAt = Instant.MAX;
    /** When connections on an overdue lease are closed after its successor has come. */
    Instant graceEnds = Instant.MAX;

    Instant revokeAt;
    int holders;
    private volatile GenerationState state;

    Generation(Credential credential, LeaseCalls.Issued.Lease lease, Instant now) {
        this.credential = credential;
        this.leaseId = lease.leaseId();
        this.token = lease.token();
        this.ttl = lease.ttl();
        this.margin = margin(lease.life());
        this.issued = lease.sent();
        this.leaseExpires = lease.sent().plus(lease.ttl());
        this.renewable = lease.renewable();
        this.revokeAt = now;
        if (!renewable) {
            lastPossible = leaseExpires;
        }
        this.state = new GenerationState(Phase.CURRENT, credential.deadline(), Instant.MAX, false);
    }

    static Generation of(LeaseCalls.Issued.Lease lease, long number, Instant now) {
        Instant deadline = deadline(lease.sent().plus(lease.ttl()), lease.token(), margin(lease.life()));
        return new Generation(new Credential(lease.user(), lease.password(), number, deadline), lease, now);
    }

    /** A twentieth of the lease: clocks, the last statement's end and the closing take time. */
    static Duration margin(Duration ttl) {
        Duration share = ttl.dividedBy(20);
        if (share.compareTo(LEAST_MARGIN) < 0) {
            return LEAST_MARGIN;
        }
        return share.compareTo(MOST_MARGIN) > 0 ? MOST_MARGIN : share;
    }

    static Instant deadline(Instant leaseExpires, HeldToken token, Duration margin) {
        Instant end = leaseExpires.isBefore(token.expires()) ? leaseExpires : token.expires();
        return end.minus(margin);
    }

    long number() {
        return credential.generation();
    }

    GenerationState state() {
        return state;
    }

    Phase phase() {
        return state.phase();
    }

    boolean isDead() {
        return state.phase() == Phase.DEAD;
    }

    /** When Vault drops the role. */
    Instant end() {
        return leaseExpires.isBefore(token.expires()) ? leaseExpires : token.expires();
    }

    Instant deadline() {
        return end().minus(margin);
    }

    Instant lastPossible() {
        return lastPossible;
    }

    /** The whole life this lease can have, as far as known; zero where nothing shows an end. */
    Duration life() {
        return lastPossible.equals(Instant.MAX) ? Duration.ZERO : Duration.between(issued, lastPossible);
    }

    boolean canBeExtended() {
        return renewable
                && !lost
                && !token.isDead()
                && leaseExpires.plus(NOTHING_LEFT).isBefore(lastPossible)
                && leaseExpires.isBefore(token.expires());
    }

    /** Whether a new login with it can succeed, as far as we know. */
    boolean admits(Instant now) {
        return now.isBefore(end()) && !lost && !token.isDead();
    }

    void extend(Instant expires) {
        leaseExpires = expires;
    }

    void limit(Instant last) {
        lastPossible = last;
    }

    void setNotRenewable() {
        renewable = false;
        lastPossible = leaseExpires;
    }

    void become(Phase phase) {
        state = new GenerationState(phase, state.deadline(), state.servesUntil(), state.overdue());
    }

    /** The credential for one more holder. */
    Credential hand() {
        holders++;
        return credential;
    }

    /**
     * A successor is there; transactions may begin on this one until then. What is overdue has a time of grace, since its
     * role goes at any moment.
     */
    void retire(Instant now, Instant servesUntil, Duration grace) {
        boolean overdue = isOverdue(now);
        Instant until = servesUntil.isBefore(state.servesUntil()) ? servesUntil : state.servesUntil();
        state = new GenerationState(Phase.RETIRING, state.deadline(), until, state.overdue());
        if (overdue && graceEnds.equals(Instant.MAX)) {
            publish(true);
            graceEnds = now.plus(grace);
        }
    }

    /** No transaction may begin on it any more, and nobody has been told. An overdue one is looked at before each checkout. */
    boolean isNewlySpent(Instant now) {
        return phase() == Phase.RETIRING && !spent && !isOverdue(now) && !now.isBefore(state.servesUntil());
    }

    void closeBy(Instant at) {
        graceEnds = at.isBefore(graceEnds) ? at : graceEnds;
    }

    /** A successor is to be made when so large a share of what is left has passed, if not earlier. */
    void replaceWithin(Instant now, double share) {
        long left = Math.max(0, Duration.between(now, deadline()).toNanos());
        Instant at = now.plusNanos((long) (left * share));
        replaceAt = at.isBefore(replaceAt) ? at : replaceAt;
    }

    /** Of the lease: it is revoked, or over by itself. */
    boolean nothingLeft(Instant now) {
        return revokeAt.equals(Instant.MAX) || !now.isBefore(end()) || token.isDead();
    }

    /** Whether the role may be gone without our having been told. */
    boolean isOverdue(Instant now) {
        return lost || token.isDead() || !now.isBefore(deadline());
    }

    /** Publishes times and doubts for the readers of {@link #state}. */
    void publish(boolean overdue) {
        Instant deadline = deadline();
        if (!state.deadline().equals(deadline) || state.overdue() != overdue) {
            state = new GenerationState(state.phase(), deadline, state.servesUntil(), overdue);
        }
    }
}
