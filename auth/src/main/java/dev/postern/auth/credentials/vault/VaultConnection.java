package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.CredentialLogKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Vault with its bound on requests and its state, there or away. While it is away nobody asks it for anything but its
 * health ({@link ReturnWatch}). When that is good one waiting job goes ahead of the others to see whether it really works,
 * and only then the rest follows, most urgent first, within the bound.
 */
final class VaultConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VaultConnection.class);

    private static final Duration PROBE_PATIENCE = Duration.ofSeconds(1);

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

    // Guarded by this.
    private final ReturnWatch watch;
    private final PriorityQueue<Job> waiting =
            new PriorityQueue<>(Comparator.comparing(Job::urgency).thenComparing(Job::order));
    private final List<Runnable> atReturn = new ArrayList<>();
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
        this.bucket = new RequestBucket(requestsPerSecond, burst, tasks.now());
        this.watch = new ReturnWatch(tasks, random, this::probe);
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
        if (watch.isOnLookout()) {
            watch.whenStillAway(stillAway);
            return Outlook.MAY_BE_BACK;
        }
        watch.ahead();
        return Outlook.AWAY;
    }

    /** Away, and nothing shows that it is back. */
    synchronized boolean isOutOfReach() {
        return isAway() && !watch.isOnLookout();
    }

    /** A role has vanished, which is Vault's doing: it is looked for at once. */
    synchronized void suspectReturn() {
        if (isAway()) {
            watch.suspect();
        }
    }

    /** Whether Vault is there: at once where it is, else as soon as the next probe tells. */
    synchronized CompletionStage<Boolean> look() {
        return closed || !isAway() ? CompletableFuture.completedStage(!closed) : watch.look();
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
        if (!isAway()) {
            awaySince = Optional.of(tasks.now());
            LOG.atWarn()
                    .addKeyValue(CredentialLogKeys.CONNECTION, name)
                    .addKeyValue(CredentialLogKeys.DETAIL, reason)
                    .log("vault_away");
            watch.wentAway();
        } else if (canaryOut) {
            canaryOut = false;
            watch.canaryFailed();
        }
    }

    private void cameBack() {
        List<Runnable> returned;
        synchronized (this) {
            if (!isAway()) {
                return;
            }
            LOG.atInfo()
                    .addKeyValue(CredentialLogKeys.CONNECTION, name)
                    .addKeyValue(
                            CredentialLogKeys.AWAY,
                            Duration.between(awaySince.orElseThrow(), tasks.now())
                                    .toSeconds())
                    .log("vault_back");
            awaySince = Optional.empty();
            canaryOut = false;
            returned = List.copyOf(atReturn);
            atReturn.clear();
            watch.cameBack();
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

    private void probe() {
        ReturnWatch.Probe probe;
        synchronized (this) {
            if (closed || !isAway() || watch.isProbing()) {
                return;
            }
            probe = watch.begins();
        }
        VaultAnswer answer = client.send(VaultRequest.health(PROBE_PATIENCE));
        Job canary;
        synchronized (this) {
            watch.ended();
            if (closed || !isAway()) {
                return;
            }
            if (!(answer instanceof VaultAnswer.Ok)) {
                awayReason = answer.problem();
                watch.stayedAway(probe);
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
            watch.close();
        }
        client.close();
    }
}
