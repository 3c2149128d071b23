package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/** When leases are renewed, and what the answers say about their time. Guarded by its owner's lock. */
final class LeaseRenewals {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofSeconds(30);

    private final BackgroundTasks tasks;
    private final RandomGenerator random;
    private final Backoff backoff;
    private final LastTrouble trouble;

    LeaseRenewals(BackgroundTasks tasks, RandomGenerator random, LastTrouble trouble) {
        this.tasks = tasks;
        this.random = random;
        this.backoff = new Backoff(FIRST_RETRY, MAX_RETRY, random);
        this.trouble = trouble;
    }

    /** At half to two thirds of what is left. */
    void plan(Generation generation) {
        Instant now = tasks.now();
        long left = Math.max(0, Duration.between(now, generation.end()).toNanos());
        generation.renewAt = now.plusNanos((long) (left * random.nextDouble(0.5, 0.66)));
    }

    void extended(Generation generation, LeaseCalls.Renewed.Extended extended) {
        generation.extend(extended.expires());
        generation.endLearned = true;
        if (!extended.lastPossible().equals(Instant.MAX)) {
            generation.limit(extended.lastPossible());
        }
        if (extended.capped()) {
            // Less than asked for: this is the end, whatever was known before.
            generation.limit(extended.expires());
            generation.mustBeReplaced = true;
        }
        plan(generation);
    }

    void notExtended(Generation generation, VaultAnswer why) {
        if (why instanceof VaultAnswer.Away) {
            return;
        }
        trouble.warn("credential_renewal_failed", "renewal: " + why.problem(), tasks.now());
        switch (why) {
            case VaultAnswer.Refused refused -> {
                generation.mustBeReplaced = true;
                if (refused.reason().contains("lease not found")) {
                    generation.lost = true;
                }
                planAgain(generation);
            }
            case VaultAnswer.Denied denied -> {
                if (!generation.token.isDead()) {
                    generation.setNotRenewable();
                }
            }
            default -> planAgain(generation);
        }
    }

    private void planAgain(Generation generation) {
        Instant now = tasks.now();
        Duration quarter = Duration.between(now, generation.end()).dividedBy(4);
        Duration pause = backoff.next();
        generation.renewAt = now.plus(quarter.isNegative() || pause.compareTo(quarter) < 0 ? pause : quarter);
    }

    void revoked(Generation generation) {
        backoff.reset();
        generation.revokeAt = Instant.MAX;
    }

    /** Vault will drop the role at the lease's end; until then we go on trying. */
    void notRevoked(Generation generation, VaultAnswer why) {
        generation.revokeAt = tasks.now().plus(backoff.next());
        trouble.warn("credential_revocation_failed", "revocation: " + why.problem(), tasks.now());
    }
}
