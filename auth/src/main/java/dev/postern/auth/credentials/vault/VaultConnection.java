package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Vault with its bound on requests and its state, there or away. While it is away nobody asks it for anything: a
 * health probe a little more often than each 1.5 s finds its return (after ten minutes seldomer, with full jitter up to
 * 30 s, unless somebody asks for a credential), then one waiting job goes ahead of the others to see whether it really
 * works, and only then the rest follows, most urgent first, within the bound. A role that has vanished says that Vault is
 * back: then it is looked for at once.
 */
final class VaultConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VaultConnection.class);

    private static final Duration PROBE_PATIENCE = Duration.ofSeconds(1);
    private static final Duration PROBE_INTERVAL = Duration.ofMillis(1400);
    /** A canary that fails has cost a second request. */
    private static final Duration PROBE_AFTER_CANARY = Duration.ofMillis(2600);

    /** After a sign of its return: how long it is looked for in short steps, and how long no other sign counts. */
    private static final Duration LOOKOUT = Duration.ofSeconds(3);

    private static final Duration LOOKOUT_STEP = Duration.ofMillis(100);
    private static final Duration BETWEEN_LOOKOUTS = Duration.ofSeconds(10);

    private static final Duration EAGER_PROBING = Duration.ofMinutes(10);
    private static final Duration MAX_PROBE_INTERVAL = Duration.ofSeconds(30);

    /** Which jobs go first when a Vault returns. */
    enum Urgency {
        /** Connections live on a lease that is overdue, or clients wait. */
        REISSUE,
        RENEW,
        TIDY
    }

    /** What somebody may expect who needs an answer of Vault's. */
    enum Outlook {
        THERE,
        /** Something shows that it is back: wait. */
        MAY_BE_BACK,
        AWAY
    }

    private record Job(Urgency urgency, long order, Runnable task) {}

    private final String name;
    private final VaultClient client;
    private final BackgroundTasks tasks;
    private final RequestBucket bucket;
    private final RandomGenerator random;
    private final Backoff slowProbes;

    // Guarded by this.
    private final PriorityQueue<Job> waiting =
            new PriorityQueue<>(Comparator.comparing(Job::urgency).thenComparing(Job::order));
    private final List<Runnable> atReturn = new ArrayList<>();
    /** Run when a lookout has ended in vain. */
    private final Set<Runnable> whenStillAway = new LinkedHashSet<>();

    private final List<CompletableFuture<Boolean>> looking = new ArrayList<>();
    private BackgroundTasks.Pending nextProbe = () -> {};
    private boolean probing;
    private Instant lastProbe;
    private Instant lookoutUntil = Instant.MIN;
    private int lookoutProbes;
    private long order;
    private Optional<Instant> awaySince = Optional.empty();
    private String awayReason = "";
    private boolean canaryOut;
    private boolean closed;

    VaultConnection(
            String name,
            VaultClient client,
            BackgroundTasks tasks,
            double requestsPerSecond,
            int burst,
            RandomGenerator random) {
        this.name = name;
        this.client = client;
        this.tasks = tasks;
        this.random = random;
        this.bucket = new RequestBucket(requestsPerSecond, burst, tasks.now());
        this.slowProbes = new Backoff(PROBE_INTERVAL.multipliedBy(2), MAX_PROBE_INTERVAL, random);
        this.lastProbe = tasks.now();
    }

    String name() {
        return name;
    }

    VaultClient client() {
        return client;
    }

    synchronized boolean isAway() {
        return awaySince.isPresent();
    }

    synchronized String awayReason() {
        return awayReason;
    }

    /** Somebody needs Vault. Where it may be back, the notice is run should that turn out to be wrong. */
    synchronized Outlook outlook(Runnable stillAway) {
        if (!isAway()) {
            return Outlook.THERE;
        }
        if (tasks.now().isBefore(lookoutUntil)) {
            whenStillAway.add(stillAway);
            return Outlook.MAY_BE_BACK;
        }
        probeAhead();
        return Outlook.AWAY;
    }

    synchronized boolean isOutOfReach() {
        return isAway() && !tasks.now().isBefore(lookoutUntil);
    }

    /** A role has vanished, which is Vault's doing: it is looked for at once. */
    synchronized void suspectReturn() {
        Instant now = tasks.now();
        if (!isAway() || closed || now.isBefore(lookoutUntil.plus(BETWEEN_LOOKOUTS))) {
            return;
        }
        lookoutUntil = now.plus(LOOKOUT);
        lookoutProbes = 0;
        if (!probing) {
            probeAfter(Duration.ZERO);
        }
    }

    /** Whether Vault is there: at once where it is, else as soon as the next probe tells. */
    CompletionStage<Boolean> look() {
        synchronized (this) {
            if (closed || !isAway()) {
                return CompletableFuture.completedStage(!closed);
            }
            CompletableFuture<Boolean> answer = new CompletableFuture<>();
            looking.add(answer);
            probeAhead();
            return answer;
        }
    }

    /** Where it is probed seldom, somebody who asks may be told sooner. */
    private void probeAhead() {
        if (!probing && !closed && !tasks.now().isBefore(lastProbe.plus(PROBE_INTERVAL))) {
            probeAfter(Duration.ZERO);
        }
    }

    /** Runs the job, which may block, when its turn comes: within the bound, and not while Vault is away. */
    void submit(Urgency urgency, Runnable job) {
        Duration delay;
        synchronized (this) {
            if (closed) {
                return;
            }
            if (isAway()) {
                waiting.add(new Job(urgency, order++, job));
                return;
            }
            delay = bucket.take(tasks.now());
        }
        if (delay.isZero()) {
            tasks.run(job);
        } else {
            tasks.later(delay, job);
        }
    }

    /** Runs this once when Vault is back; at once where it is. No job: it makes no request itself. */
    void atReturn(Runnable notice) {
        synchronized (this) {
            if (isAway()) {
                atReturn.add(notice);
                return;
            }
        }
        tasks.run(notice);
    }

    /** One request; blocks. What it shows of Vault's state is noted. */
    VaultAnswer send(VaultRequest request) {
        VaultAnswer answer = client.send(request);
        if (answer instanceof VaultAnswer.Away away) {
            wentAway(away.reason());
        } else {
            cameBack();
        }
        return answer;
    }

    /** Waits for a place within the bound. Blocks. */
    void takeTurn() {
        Duration delay;
        synchronized (this) {
            delay = bucket.take(tasks.now());
        }
        if (delay.isPositive()) {
            try {
                Thread.sleep(delay);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A second request within one job is on the house, but the next job pays for it. */
    synchronized void charge() {
        bucket.take(tasks.now());
    }

    private synchronized void wentAway(String reason) {
        awayReason = reason;
        if (isAway()) {
            if (canaryOut) {
                canaryOut = false;
                probeIn(PROBE_AFTER_CANARY);
                tellThatItStayedAway(List.copyOf(looking));
            }
            return;
        }
        awaySince = Optional.of(tasks.now());
        lastProbe = tasks.now();
        lookoutUntil = Instant.MIN;
        slowProbes.reset();
        LOG.warn("event=vault_away connection={} reason={}", name, reason);
        probeIn(PROBE_INTERVAL);
    }

    private void cameBack() {
        List<Runnable> returned;
        synchronized (this) {
            if (!isAway()) {
                return;
            }
            LOG.info(
                    "event=vault_back connection={} away_s={}",
                    name,
                    Duration.between(awaySince.orElseThrow(), tasks.now()).toSeconds());
            awaySince = Optional.empty();
            canaryOut = false;
            nextProbe.cancel();
            returned = List.copyOf(atReturn);
            atReturn.clear();
            whenStillAway.clear();
            tell(List.copyOf(looking), true);
        }
        returned.forEach(tasks::run);
        while (true) {
            Job job;
            synchronized (this) {
                job = waiting.poll();
            }
            if (job == null) {
                return;
            }
            submit(job.urgency(), job.task());
        }
    }

    private void tell(List<CompletableFuture<Boolean>> asked, boolean there) {
        asked.forEach(answer -> tasks.run(() -> answer.complete(there)));
        looking.removeAll(asked);
    }

    private void tellThatItStayedAway(List<CompletableFuture<Boolean>> asked) {
        if (!tasks.now().isBefore(lookoutUntil)) {
            whenStillAway.forEach(tasks::run);
            whenStillAway.clear();
            tell(asked, false);
        }
    }

    private void probeAfter(Duration wait) {
        nextProbe.cancel();
        nextProbe = tasks.later(wait, this::probe);
    }

    private void probeIn(Duration interval) {
        if (closed) {
            return;
        }
        if (tasks.now().isBefore(lookoutUntil)) {
            probeAfter(LOOKOUT_STEP.multipliedBy(1L << Math.min(4, lookoutProbes++)));
            return;
        }
        boolean eager = Duration.between(awaySince.orElseThrow(), tasks.now()).compareTo(EAGER_PROBING) < 0;
        double jitter = random.nextDouble(0.9, 1.0);
        Duration wait = eager ? Duration.ofNanos((long) (interval.toNanos() * jitter)) : slowProbes.next();
        probeAfter(wait);
    }

    private void probe() {
        Instant begun = tasks.now();
        List<CompletableFuture<Boolean>> asked;
        synchronized (this) {
            if (closed || !isAway() || probing) {
                return;
            }
            probing = true;
            lastProbe = begun;
            asked = List.copyOf(looking);
        }
        VaultAnswer answer = client.send(VaultRequest.health(PROBE_PATIENCE));
        Job canary;
        synchronized (this) {
            probing = false;
            if (closed || !isAway()) {
                return;
            }
            if (!(answer instanceof VaultAnswer.Ok)) {
                awayReason = answer.problem();
                Duration spent = Duration.between(begun, tasks.now());
                Duration rest = PROBE_INTERVAL.minus(spent);
                probeIn(rest.isNegative() ? Duration.ZERO : rest);
                tellThatItStayedAway(asked);
                return;
            }
            canary = waiting.poll();
            canaryOut = canary != null;
        }
        if (canary == null) {
            cameBack();
            return;
        }
        canary.task().run();
        // It may have ended without a request, its purpose being gone: then the health probe alone has to do.
        cameBackUnlessSettled();
    }

    private void cameBackUnlessSettled() {
        synchronized (this) {
            if (!canaryOut) {
                return;
            }
        }
        cameBack();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            waiting.clear();
            atReturn.clear();
            nextProbe.cancel();
            tell(List.copyOf(looking), false);
        }
        client.close();
    }
}
