package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.GenerationState.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What is to be done next for a credential, and when to look again; decided anew each time, from the state and the time.
 * Changes nothing. Guarded by its owner's lock.
 *
 * <pre>
 *   nothing, somebody asks            -> issue
 *   CURRENT at 50-66 % of its lease   -> renew (the first time also: learn the lease's last possible end)
 *   CURRENT with too little life left -> issue the successor; the old one becomes RETIRING
 *   CURRENT overdue, Vault is back    -> issue the successor before anything else
 *   RETIRING, still held              -> renew up to its last possible end, then DEAD
 *   RETIRING or DEAD, not held        -> revoke
 *   CURRENT, long not held            -> revoke, back to nothing
 * </pre>
 */
final class LeaseAgenda {
    /** One request to Vault, or the giving back of what nobody uses. */
    sealed interface Step {
        record Nothing() implements Step {}

        record Issue() implements Step {}

        record Renew(Generation generation) implements Step {}

        record Revoke(Generation generation) implements Step {}

        record GiveBack() implements Step {}
    }

    /**
     * What its owner knows besides the generations.
     *
     * @param closed no source uses it any more
     * @param wanted somebody has asked and got none
     * @param awaited somebody waits
     * @param lastUse when it was last asked for or given back
     */
    record Demand(boolean closed, boolean wanted, boolean awaited, Instant lastUse) {}

    private static final Step NOTHING = new Step.Nothing();

    private final Generations generations;
    private final IssueGate gate;
    private final TransactionReserve reserve;
    private final Duration idleAfter;

    LeaseAgenda(Generations generations, IssueGate gate, TransactionReserve reserve, Duration idleAfter) {
        this.generations = generations;
        this.gate = gate;
        this.reserve = reserve;
        this.idleAfter = idleAfter;
    }

    Step next(Demand demand, Instant now) {
        if (needsIssue(demand, now)) {
            return new Step.Issue();
        }
        Optional<Generation> toRenew = toRenew(demand, now);
        if (toRenew.isPresent()) {
            return new Step.Renew(toRenew.get());
        }
        Optional<Generation> toRevoke = toRevoke(now);
        if (toRevoke.isPresent()) {
            return new Step.Revoke(toRevoke.get());
        }
        return isIdle(demand, now) ? new Step.GiveBack() : NOTHING;
    }

    private boolean needsIssue(Demand demand, Instant now) {
        if (demand.closed() || gate.isShut(now)) {
            return false;
        }
        if (generations.current().isEmpty()) {
            // Where every try failed and nobody asks any more, trying ends too.
            return demand.wanted() && !isUnused(demand, now);
        }
        // A lease that nobody holds is not replaced: it is given back, and asked for again when needed.
        Generation generation = generations.current().get();
        boolean due =
                generation.mustBeReplaced || generation.isOverdue(now) || !now.isBefore(replaceAt(generation, now));
        return due && !isUnused(demand, now);
    }

    private boolean isUnused(Demand demand, Instant now) {
        return !demand.awaited()
                && !generations.areHeld()
                && !now.isBefore(demand.lastUse().plus(idleAfter));
    }

    boolean isIdle(Demand demand, Instant now) {
        return !demand.closed() && generations.current().isPresent() && isUnused(demand, now);
    }

    private Instant replaceAt(Generation generation, Instant now) {
        Instant at = generation.replaceAt;
        if (generation.life().isPositive()) {
            Instant byReserve = servesUntil(generation, now).minus(reserve.handOver(generation.life(), now));
            at = byReserve.isBefore(at) ? byReserve : at;
        }
        return at;
    }

    /** When too little is left of a lease for a transaction to begin on it, if there is a successor. */
    Instant servesUntil(Generation generation, Instant now) {
        Duration life = generation.life();
        if (life.isPositive() && !generation.token.expires().isBefore(generation.lastPossible())) {
            return generation.lastPossible().minus(generation.margin).minus(reserve.forTransactions(life, now));
        }
        // Nobody knows how much longer it could live: a small part of what it has for certain.
        Duration left = Duration.between(now, generation.deadline());
        return now.plus(left.dividedBy(20));
    }

    private Optional<Generation> toRenew(Demand demand, Instant now) {
        return generations
                .alive()
                .filter(g -> !now.isBefore(g.renewAt) && g.canBeExtended())
                .filter(g -> g.holders > 0 || generations.isCurrent(g) && !isUnused(demand, now))
                .findFirst();
    }

    private Optional<Generation> toRevoke(Instant now) {
        return generations.all().stream()
                .filter(g -> g.isDead() && g.holders <= 0 && !now.isBefore(g.revokeAt))
                .findFirst();
    }

    VaultConnection.Urgency urgency(Demand demand, boolean away, Instant now) {
        boolean used = demand.awaited() || generations.alive().anyMatch(g -> g.holders > 0);
        if (!used) {
            return demand.wanted() ? VaultConnection.Urgency.RENEW : VaultConnection.Urgency.TIDY;
        }
        boolean urgent = generations.current().map(g -> g.isOverdue(now)).orElse(true) || away;
        return urgent ? VaultConnection.Urgency.REISSUE : VaultConnection.Urgency.RENEW;
    }

    /** When the answer to all this may be another one; {@link Instant#MAX} where only an event can change it. */
    Instant nextMoment(Demand demand, Instant now) {
        Instant at = Instant.MAX;
        for (Generation g : generations.all()) {
            if (g.phase() == Phase.DEAD) {
                at = g.holders <= 0 ? earliest(at, now, g.revokeAt, g.end()) : at;
            } else {
                Instant spent = g.phase() == Phase.RETIRING ? g.state().servesUntil() : Instant.MAX;
                at = earliest(at, now, spent, g.deadline(), g.graceEnds, g.canBeExtended() ? g.renewAt : Instant.MAX);
            }
        }
        if (generations.current().isPresent()) {
            Instant unused = demand.lastUse().plus(idleAfter);
            at = earliest(at, now, replaceAt(generations.current().get(), now), unused);
        }
        return demand.wanted() || generations.current().isPresent() ? earliest(at, now, gate.opens()) : at;
    }

    /** Moments that have passed had their effect already. */
    private static Instant earliest(Instant soFar, Instant now, Instant... moments) {
        Instant earliest = soFar;
        for (Instant moment : moments) {
            if (moment.isAfter(now) && moment.isBefore(earliest)) {
                earliest = moment;
            }
        }
        return earliest;
    }
}
