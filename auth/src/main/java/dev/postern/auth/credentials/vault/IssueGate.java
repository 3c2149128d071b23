package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * When the next credential may be asked for: later and later after failures, and after credentials that the server
 * refused as soon as they were made, so that neither is a storm of requests or of roles. Guarded by its owner's lock.
 */
final class IssueGate {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofSeconds(30);

    /** What is refused so soon counts together with what was refused before it. */
    private static final Duration FRESH = Duration.ofSeconds(60);

    /** So many that worked may be taken away, one soon after the other, and be replaced at once. */
    private static final int TAKEN_AWAY = 10;

    private final Backoff failures;
    private final Backoff refusals;
    private int refusalsInARow;
    private Instant opens;

    IssueGate(RandomGenerator random, Instant now) {
        this.failures = new Backoff(FIRST_RETRY, MAX_RETRY, random);
        this.refusals = new Backoff(FIRST_RETRY, MAX_RETRY, random);
        this.opens = now;
    }

    boolean isShut(Instant now) {
        return now.isBefore(opens);
    }

    Instant opens() {
        return opens;
    }

    void issued() {
        failures.reset();
    }

    /** @param asked the least that the other side wants to be left alone */
    void failed(Instant now, Duration asked) {
        Duration pause = failures.next();
        opens = now.plus(asked.compareTo(pause) > 0 ? asked : pause);
    }

    /**
     * The server has refused a credential though its time was not over. One that never worked is replaced at once a
     * single time: its successors will hardly be better.
     */
    void refused(Generation generation, Instant now) {
        boolean fresh = generation.issued.plus(FRESH).isAfter(now);
        refusalsInARow = fresh ? refusalsInARow + 1 : 1;
        if (refusalsInARow > (generation.accepted ? TAKEN_AWAY : 1)) {
            opens = now.plus(refusals.next());
        } else {
            refusals.reset();
        }
    }
}
