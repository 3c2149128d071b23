package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;

/**
 * When a Vault that is away is looked for, and who waits for the answer. A health probe goes out a little more often than
 * each 1.5 s, after ten minutes seldomer, with full jitter up to 30 s, unless somebody asks. A sign of its return starts a
 * lookout: 3 s of probes in short steps, in which those who need it may wait. Guarded by its owner's lock.
 */
final class ReturnWatch {
    private static final Duration PROBE_INTERVAL = Duration.ofMillis(1400);
    /** A job that went ahead of the others and failed has cost a second request. */
    private static final Duration PROBE_AFTER_CANARY = Duration.ofMillis(2600);

    private static final Duration LOOKOUT = Duration.ofSeconds(3);
    private static final Duration LOOKOUT_STEP = Duration.ofMillis(100);
    /** How long after a lookout no other sign counts. */
    private static final Duration BETWEEN_LOOKOUTS = Duration.ofSeconds(10);

    private static final Duration EAGER_PROBING = Duration.ofMinutes(10);
    private static final Duration MAX_PROBE_INTERVAL = Duration.ofSeconds(30);

    private final BackgroundTasks tasks;
    private final RandomGenerator random;
    private final Runnable probe;
    private final Backoff slowProbes;
    private final Set<Runnable> whenStillAway = new LinkedHashSet<>();
    private final List<CompletableFuture<Boolean>> looking = new ArrayList<>();
    private BackgroundTasks.Pending next = () -> {};
    private boolean probing;
    private boolean closed;
    private Instant since;
    private Instant lastProbe;
    private Instant lookoutUntil = Instant.MIN;
    private int lookoutProbes;

    /** @param probe asks Vault for its health, on a thread of its own, between {@link #begins} and {@link #ended} */
    ReturnWatch(BackgroundTasks tasks, RandomGenerator random, Runnable probe) {
        this.tasks = tasks;
        this.random = random;
        this.probe = probe;
        this.slowProbes = new Backoff(PROBE_INTERVAL.multipliedBy(2), MAX_PROBE_INTERVAL, random);
        this.since = tasks.now();
        this.lastProbe = since;
    }

    void wentAway() {
        since = tasks.now();
        lastProbe = since;
        lookoutUntil = Instant.MIN;
        slowProbes.reset();
        probeIn(PROBE_INTERVAL);
    }

    void cameBack() {
        next.cancel();
        whenStillAway.clear();
        tell(List.copyOf(looking), true);
    }

    void close() {
        closed = true;
        next.cancel();
        tell(List.copyOf(looking), false);
    }

    boolean isOnLookout() {
        return tasks.now().isBefore(lookoutUntil);
    }

    /** Runs this when the lookout ends in vain. */
    void whenStillAway(Runnable notice) {
        whenStillAway.add(notice);
    }

    /** Something shows that it is back. */
    void suspect() {
        Instant now = tasks.now();
        if (closed || now.isBefore(lookoutUntil.plus(BETWEEN_LOOKOUTS))) {
            return;
        }
        lookoutUntil = now.plus(LOOKOUT);
        lookoutProbes = 0;
        if (!probing) {
            probeAfter(Duration.ZERO);
        }
    }

    /** What the next probe tells. */
    CompletionStage<Boolean> look() {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        looking.add(answer);
        ahead();
        return answer;
    }

    /** Where it is probed seldom, somebody who asks may be told sooner. */
    void ahead() {
        if (!probing && !closed && !tasks.now().isBefore(lastProbe.plus(PROBE_INTERVAL))) {
            probeAfter(Duration.ZERO);
        }
    }

    /** A probe that goes out now, with those whom its answer is for. */
    record Probe(Instant begun, List<CompletableFuture<Boolean>> asked) {}

    boolean isProbing() {
        return probing;
    }

    Probe begins() {
        probing = true;
        lastProbe = tasks.now();
        return new Probe(lastProbe, List.copyOf(looking));
    }

    void ended() {
        probing = false;
    }

    void stayedAway(Probe asked) {
        Duration rest = PROBE_INTERVAL.minus(Duration.between(asked.begun(), tasks.now()));
        probeIn(rest.isNegative() ? Duration.ZERO : rest);
        disappoint(asked.asked());
    }

    /** It looked well and did not work. */
    void canaryFailed() {
        probeIn(PROBE_AFTER_CANARY);
        disappoint(List.copyOf(looking));
    }

    private void disappoint(List<CompletableFuture<Boolean>> asked) {
        if (!isOnLookout()) {
            whenStillAway.forEach(tasks::run);
            whenStillAway.clear();
            tell(asked, false);
        }
    }

    private void tell(List<CompletableFuture<Boolean>> asked, boolean there) {
        asked.forEach(answer -> tasks.run(() -> answer.complete(there)));
        looking.removeAll(asked);
    }

    private void probeIn(Duration interval) {
        if (closed) {
            return;
        }
        if (isOnLookout()) {
            probeAfter(LOOKOUT_STEP.multipliedBy(1L << Math.min(4, lookoutProbes++)));
            return;
        }
        boolean eager = Duration.between(since, tasks.now()).compareTo(EAGER_PROBING) < 0;
        double jitter = random.nextDouble(0.9, 1.0);
        probeAfter(eager ? Duration.ofNanos((long) (interval.toNanos() * jitter)) : slowProbes.next());
    }

    private void probeAfter(Duration wait) {
        next.cancel();
        next = tasks.later(wait, probe);
    }
}
