package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Backoff;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialListener;
import dev.postern.auth.credentials.CredentialStatus;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.GenerationState;
import dev.postern.auth.credentials.GenerationState.Phase;
import dev.postern.auth.credentials.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases of one dynamic role for one identity, shared by every source with the same key. At any time at most one job
 * talks to Vault for it; what that job should do is decided when it runs, from the state and the time:
 *
 * <pre>
 *   nothing, somebody asks            -> issue
 *   CURRENT at 50-66 % of its lease   -> renew (the first time also: learn the lease's last possible end)
 *   CURRENT with too little life left -> issue the successor; the old one becomes RETIRING
 *   CURRENT overdue, Vault is back    -> issue the successor before anything else
 *   any, the server knows its role no more -> issue the successor; RETIRING, DEAD after a time of grace
 *   RETIRING, still held              -> renew up to its last possible end, then DEAD
 *   RETIRING or DEAD, not held        -> revoke
 *   CURRENT, long not held            -> revoke, back to nothing
 * </pre>
 */
final class LeasedCredential implements TokenKeeper.Dependent {
    private static final Logger LOG = LoggerFactory.getLogger(LeasedCredential.class);

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofSeconds(30);
    private static final Duration LEAST_WAIT = Duration.ofMillis(5);

    /** After Vault's return its overdue roles go; statements that run may still end, then the connections close. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    /** A credential refused so soon was perhaps never good: the next one is not made at once. */
    private static final Duration FRESH = Duration.ofSeconds(60);

    private final String name;
    private final TokenKeeper tokens;
    private final VaultConnection connection;
    private final LeaseCalls calls;
    private final BackgroundTasks tasks;
    private final Duration idleAfter;
    private final RandomGenerator random;
    private final Backoff issueBackoff;
    private final Backoff refusalBackoff;
    private final Backoff tidyBackoff;
    private final TransactionReserve reserve = new TransactionReserve();
    private final Runnable stillAway = this::onVaultStillAway;
    private final List<CredentialListener> listeners = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    /** For readers without the lock; replaced, never changed. */
    private volatile List<Generation> generations = List.of();

    // Guarded by this.
    private Optional<Generation> current = Optional.empty();
    private List<CompletableFuture<Credential>> waiting = new ArrayList<>();
    private final Deque<Runnable> news = new ArrayDeque<>();
    private boolean telling;
    private boolean jobOut;
    private boolean wanted;
    private boolean closed;
    private long lastNumber;
    private Instant lastUse;
    private Instant noIssueBefore;
    private int refusalsInARow;
    private BackgroundTasks.Pending wakeUp = () -> {};
    private Optional<Instant> lastRotation = Optional.empty();
    private String lastError = "";
    private Optional<Instant> lastErrorAt = Optional.empty();

    LeasedCredential(
            TokenKeeper tokens, String path, Duration idleAfter, BackgroundTasks tasks, RandomGenerator random) {
        this.tokens = tokens;
        this.connection = tokens.connection();
        this.name = "vault " + connection.name() + " " + path;
        this.calls = new LeaseCalls(tokens, path, tasks);
        this.tasks = tasks;
        this.idleAfter = idleAfter;
        this.random = random;
        this.issueBackoff = new Backoff(FIRST_RETRY, MAX_RETRY, random);
        this.refusalBackoff = new Backoff(FIRST_RETRY, MAX_RETRY, random);
        this.tidyBackoff = new Backoff(FIRST_RETRY, MAX_RETRY, random);
        this.lastUse = tasks.now();
        this.noIssueBefore = tasks.now();
        tokens.add(this);
    }

    // What sources ask. None of it blocks.

    CompletionStage<Credential> acquire() {
        CompletableFuture<Credential> answer = new CompletableFuture<>();
        synchronized (this) {
            Instant now = tasks.now();
            lastUse = now;
            if (closed) {
                answer.completeExceptionally(unavailable("closed"));
            } else if (current.isPresent() && current.get().admits(now)) {
                answer.complete(hand(current.get()));
            } else if (connection.outlook(stillAway) == VaultConnection.Outlook.AWAY) {
                wanted = true;
                answer.completeExceptionally(away());
            } else if (now.isBefore(noIssueBefore)) {
                wanted = true;
                answer.completeExceptionally(unavailable(lastError));
            } else {
                wanted = true;
                waiting.add(answer);
            }
            decide();
        }
        tell();
        return answer;
    }

    private static Credential hand(Generation generation) {
        generation.holders++;
        return generation.credential;
    }

    void release(Credential credential) {
        synchronized (this) {
            for (Generation generation : generations) {
                if (generation.number() == credential.generation()) {
                    generation.holders--;
                }
            }
            lastUse = tasks.now();
            decide();
        }
        tell();
    }

    GenerationState generation(long number) {
        for (Generation generation : generations) {
            if (generation.number() == number) {
                return generation.state();
            }
        }
        return GenerationState.DEAD;
    }

    void listen(CredentialListener listener) {
        listeners.add(listener);
    }

    void forget(CredentialListener listener) {
        listeners.remove(listener);
    }

    void transactionEnded(Duration lasted) {
        reserve.transactionEnded(lasted);
    }

    void refused(Credential used, String sqlState) {
        synchronized (this) {
            Instant now = tasks.now();
            Optional<Generation> refused = generations.stream()
                    .filter(g -> g.number() == used.generation() && !g.isDead())
                    .findFirst();
            if (refused.isEmpty()) {
                return;
            }
            if (!refused.get().lost) {
                // That an overdue role goes was to be expected.
                noteRefusal(
                        refused.get().isOverdue(now),
                        refused.get().issued.plus(FRESH).isAfter(now),
                        now);
                lose(refused.get(), "refused by the server with SQLSTATE " + sqlState, now);
            }
            decide();
        }
        tell();
    }

    private void noteRefusal(boolean expected, boolean fresh, Instant now) {
        if (expected) {
            return;
        }
        refusalsInARow = fresh ? refusalsInARow + 1 : 1;
        if (refusalsInARow > 1) {
            noIssueBefore = now.plus(refusalBackoff.next());
        } else {
            refusalBackoff.reset();
        }
    }

    /** Nobody gets it any more; transactions that still run may end. */
    private void lose(Generation generation, String reason, Instant now) {
        generation.lost = true;
        generation.publish(true);
        generation.become(Phase.RETIRING);
        Instant grace = now.plus(GRACE);
        generation.graceEnds = grace.isBefore(generation.graceEnds) ? grace : generation.graceEnds;
        if (current.filter(g -> g == generation).isPresent()) {
            current = Optional.empty();
            wanted = !closed;
            noteError(reason);
        }
        LOG.warn("event=credential_lost source={} generation={} reason={}", name, generation.number(), reason);
        news.add(() -> listeners.forEach(l -> l.lost(generation.credential, reason)));
        connection.suspectReturn();
    }

    /** What looked like Vault's return was none. */
    private void onVaultStillAway() {
        synchronized (this) {
            if (connection.isAway()) {
                takeWaiting().forEach(w -> news.add(() -> w.completeExceptionally(away())));
            }
            decide();
        }
        tell();
    }

    private CredentialUnavailable away() {
        return unavailable("Vault is away: " + connection.awayReason());
    }

    /**
     * The server has refused a login with it: because the role is gone, or because the lease is past its end and the role
     * is still there, for whose sessions nothing changes as long as Vault is away.
     */
    CompletionStage<Boolean> isGone(Credential refused) {
        synchronized (this) {
            boolean mayBeThere = generations.stream()
                    .anyMatch(g -> g.number() == refused.generation()
                            && !g.isDead()
                            && !g.lost
                            && !g.token.isDead()
                            && g.isOverdue(tasks.now()));
            return mayBeThere ? connection.look() : CompletableFuture.completedStage(true);
        }
    }

    synchronized boolean isReplacing() {
        return !closed && wanted && !connection.isOutOfReach() && !tasks.now().isBefore(noIssueBefore)
                || current.filter(g -> g.admits(tasks.now())).isPresent();
    }

    synchronized CredentialStatus status() {
        Instant now = tasks.now();
        int retiring = (int)
                generations.stream().filter(g -> g.phase() == Phase.RETIRING).count();
        return new CredentialStatus(
                name,
                stateAt(now),
                current.map(g -> g.credential.user()).orElse(""),
                current.map(Generation::number).orElse(0L),
                current.map(g -> Duration.between(now, g.deadline())),
                retiring,
                lastRotation,
                lastError,
                lastErrorAt);
    }

    private CredentialStatus.State stateAt(Instant now) {
        if (closed) {
            return CredentialStatus.State.CLOSED;
        }
        if (current.isPresent()) {
            return current.get().isOverdue(now) ? CredentialStatus.State.OVERDUE : CredentialStatus.State.READY;
        }
        if (!waiting.isEmpty()) {
            return CredentialStatus.State.PENDING;
        }
        return wanted ? CredentialStatus.State.FAILING : CredentialStatus.State.IDLE;
    }

    /** No source uses it any more: leases are revoked as their last holder releases. Completes when none is left. */
    CompletionStage<Void> close() {
        synchronized (this) {
            if (!closed) {
                closed = true;
                wanted = false;
                tokens.remove(this);
                takeWaiting().forEach(w -> news.add(() -> w.completeExceptionally(unavailable("closed"))));
                current.ifPresent(g -> g.become(Phase.RETIRING));
                current = Optional.empty();
            }
            decide();
        }
        tell();
        return drained;
    }

    // What the token's keeper tells.

    @Override
    public void tokenReplaced(HeldToken old) {
        synchronized (this) {
            Instant now = tasks.now();
            for (Generation generation : generations) {
                if (generation.token == old) {
                    // Spread over the first half of what the old token has left, so that all paths do not come at once.
                    long left = Math.max(
                            0, Duration.between(now, generation.deadline()).toNanos());
                    Instant at = now.plusNanos((long) (left * random.nextDouble(0, 0.5)));
                    generation.replaceAt = at.isBefore(generation.replaceAt) ? at : generation.replaceAt;
                }
            }
            decide();
        }
        tell();
    }

    @Override
    public void tokenDied(HeldToken dead) {
        synchronized (this) {
            generations.stream().filter(g -> g.token == dead).forEach(g -> g.mustBeReplaced = true);
            if (current.filter(g -> g.token == dead).isPresent()) {
                noteError("the token that issued the lease is dead");
            }
            decide();
        }
        tell();
    }

    @Override
    public void tokenExtended(HeldToken token) {
        synchronized (this) {
            decide();
        }
        tell();
    }

    // Deciding. All under the lock.

    /** Brings phases up to the time, sends a job out where one has something to do, and sets the clock for the next time. */
    private void decide() {
        Instant now = tasks.now();
        for (Generation generation : generations) {
            decideOn(generation, now);
        }
        forgetFinished(now);
        if (!jobOut && nextStep(now) != Step.NONE) {
            jobOut = true;
            connection.submit(urgency(), this::work);
        }
        wakeUp.cancel();
        Instant at = nextMoment(now);
        if (!at.equals(Instant.MAX)) {
            Duration wait = Duration.between(now, at);
            wakeUp = tasks.later(wait.compareTo(LEAST_WAIT) < 0 ? LEAST_WAIT : wait, this::onTime);
        }
    }

    private void onTime() {
        synchronized (this) {
            decide();
        }
        tell();
    }

    private void decideOn(Generation generation, Instant now) {
        if (generation.isDead()) {
            return;
        }
        boolean overdue = generation.isOverdue(now);
        boolean dropped = overdue && !generation.lost && !generation.token.isDead() && !connection.isAway() && !jobOut;
        if (!now.isBefore(generation.graceEnds)) {
            end(generation, generation.lost ? "its role is gone" : "its lease is over and a new credential is there");
        } else if (dropped && generation.graceEnds.equals(Instant.MAX) && !isAboutToBeReplaced(generation, now)) {
            end(generation, "its lease has ended");
        } else {
            generation.publish(overdue);
            if (generation.phase() == Phase.RETIRING && generation.holders <= 0) {
                generation.become(Phase.DEAD);
            }
        }
    }

    /** Vault has just come back: the overdue generation lives on until the successor is there. */
    private boolean isAboutToBeReplaced(Generation generation, Instant now) {
        return current.filter(g -> g == generation).isPresent() && !now.isBefore(noIssueBefore);
    }

    private void end(Generation generation, String reason) {
        generation.publish(true);
        generation.become(Phase.DEAD);
        if (current.filter(g -> g == generation).isPresent()) {
            current = Optional.empty();
            wanted = wanted || generation.holders > 0;
            noteError(reason);
        }
        LOG.warn("event=credential_ended source={} generation={} reason={}", name, generation.number(), reason);
        news.add(() -> listeners.forEach(l -> l.ended(generation.credential, reason)));
    }

    private void forgetFinished(Instant now) {
        List<Generation> kept = new ArrayList<>();
        for (Generation generation : generations) {
            boolean over = !now.isBefore(generation.end()) || generation.token.isDead();
            if (generation.isDead() && generation.holders <= 0 && (over || generation.revokeAt.equals(Instant.MAX))) {
                tokens.leaseEnded(generation.token);
            } else {
                kept.add(generation);
            }
        }
        generations = List.copyOf(kept);
        if (closed && kept.isEmpty() && !drained.isDone()) {
            wakeUp.cancel();
            news.add(() -> drained.complete(null));
        }
    }

    private enum Step {
        NONE,
        ISSUE,
        RENEW,
        REVOKE,
        GIVE_BACK
    }

    private Step nextStep(Instant now) {
        if (needsIssue(now)) {
            return Step.ISSUE;
        }
        if (toRenew(now).isPresent()) {
            return Step.RENEW;
        }
        if (toRevoke(now).isPresent()) {
            return Step.REVOKE;
        }
        return isIdle(now) ? Step.GIVE_BACK : Step.NONE;
    }

    private boolean needsIssue(Instant now) {
        if (closed || now.isBefore(noIssueBefore)) {
            return false;
        }
        if (current.isEmpty()) {
            // Where every try failed and nobody asks any more, trying ends too.
            return wanted && !isUnused(now);
        }
        // A lease that nobody holds is not replaced: it is given back, and asked for again when needed.
        Generation generation = current.get();
        boolean due =
                generation.mustBeReplaced || generation.isOverdue(now) || !now.isBefore(replaceAt(generation, now));
        return due && !isUnused(now);
    }

    private boolean isUnused(Instant now) {
        return waiting.isEmpty()
                && generations.stream().allMatch(g -> g.holders <= 0)
                && !now.isBefore(lastUse.plus(idleAfter));
    }

    private boolean isIdle(Instant now) {
        return !closed && current.isPresent() && isUnused(now);
    }

    private Instant replaceAt(Generation generation, Instant now) {
        Instant at = generation.replaceAt;
        if (generation.life().isPositive()) {
            Instant byReserve = generation.lastPossible().minus(reserve.of(generation.life(), generation.margin, now));
            at = byReserve.isBefore(at) ? byReserve : at;
        }
        return at;
    }

    private Optional<Generation> toRenew(Instant now) {
        return generations.stream()
                .filter(g -> !g.isDead() && !now.isBefore(g.renewAt) && g.canBeExtended())
                .filter(g -> g.holders > 0 || current.filter(c -> c == g).isPresent() && !isUnused(now))
                .findFirst();
    }

    private Optional<Generation> toRevoke(Instant now) {
        return generations.stream()
                .filter(g -> g.isDead() && g.holders <= 0 && !now.isBefore(g.revokeAt))
                .findFirst();
    }

    private VaultConnection.Urgency urgency() {
        boolean used = !waiting.isEmpty() || generations.stream().anyMatch(g -> !g.isDead() && g.holders > 0);
        if (!used) {
            return wanted ? VaultConnection.Urgency.RENEW : VaultConnection.Urgency.TIDY;
        }
        boolean urgent = current.map(g -> g.isOverdue(tasks.now())).orElse(true) || connection.isAway();
        return urgent ? VaultConnection.Urgency.REISSUE : VaultConnection.Urgency.RENEW;
    }

    private Instant nextMoment(Instant now) {
        Instant at = Instant.MAX;
        for (Generation g : generations) {
            if (g.isDead()) {
                at = g.holders <= 0 ? earliest(at, now, g.revokeAt, g.end()) : at;
            } else {
                at = earliest(at, now, g.deadline(), g.graceEnds, g.canBeExtended() ? g.renewAt : Instant.MAX);
            }
        }
        if (current.isPresent()) {
            at = earliest(at, now, replaceAt(current.get(), now), lastUse.plus(idleAfter));
        }
        return wanted || current.isPresent() ? earliest(at, now, noIssueBefore) : at;
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

    // Working. The calls block and are made without the lock.

    private void work() {
        Step step;
        Optional<Generation> target;
        synchronized (this) {
            Instant now = tasks.now();
            step = nextStep(now);
            target = switch (step) {
                case RENEW -> toRenew(now);
                case REVOKE -> toRevoke(now);
                case NONE, ISSUE, GIVE_BACK -> current;
            };
        }
        VaultAnswer outcome = switch (step) {
            case ISSUE -> issue();
            case RENEW -> renew(target.orElseThrow());
            case REVOKE -> revoke(target.orElseThrow());
            case GIVE_BACK -> giveBack();
            case NONE -> NOTHING_DONE;
        };
        synchronized (this) {
            if (outcome instanceof VaultAnswer.Away && !closed) {
                // Still the one job: it waits for Vault's return and decides anew then.
                connection.submit(urgency(), this::work);
            } else {
                jobOut = false;
            }
            decide();
        }
        tell();
    }

    private static final VaultAnswer NOTHING_DONE = new VaultAnswer.Ok(JsonObject.EMPTY);

    private VaultAnswer issue() {
        LeaseCalls.Issued issued = calls.issue();
        synchronized (this) {
            return switch (issued) {
                case LeaseCalls.Issued.Lease lease -> {
                    rotateTo(lease);
                    yield NOTHING_DONE;
                }
                case LeaseCalls.Issued.NoLease none -> {
                    issueFailed(none.why());
                    yield none.why();
                }
            };
        }
    }

    private void rotateTo(LeaseCalls.Issued.Lease lease) {
        Instant now = tasks.now();
        issueBackoff.reset();
        Instant deadline =
                Generation.deadline(lease.sent().plus(lease.ttl()), lease.token(), Generation.margin(lease.life()));
        Credential credential = new Credential(lease.user(), lease.password(), ++lastNumber, deadline);
        Generation generation = new Generation(credential, lease, now);
        lease.token().addLease();
        generation.renewAt = renewalTime(generation, now);
        generations.forEach(old -> retire(old, now));
        List<Generation> all = new ArrayList<>(generations);
        all.add(generation);
        generations = List.copyOf(all);
        if (closed) {
            generation.become(Phase.RETIRING);
            return;
        }
        current = Optional.of(generation);
        wanted = false;
        lastRotation = Optional.of(now);
        LOG.info(
                "event=credential_rotated source={} user={} generation={} ttl_s={}",
                name,
                lease.user(),
                lastNumber,
                lease.ttl().toSeconds());
        news.add(() -> listeners.forEach(l -> l.rotated(credential)));
        for (CompletableFuture<Credential> waiter : takeWaiting()) {
            Credential handed = hand(generation);
            news.add(() -> waiter.complete(handed));
        }
    }

    private static void retire(Generation old, Instant now) {
        if (old.isDead()) {
            return;
        }
        boolean overdue = old.isOverdue(now);
        old.become(Phase.RETIRING);
        if (overdue && old.graceEnds.equals(Instant.MAX)) {
            old.publish(true);
            old.graceEnds = now.plus(GRACE);
        }
    }

    private void issueFailed(VaultAnswer why) {
        Instant now = tasks.now();
        if (why instanceof VaultAnswer.Away) {
            noteError(why.problem());
            if (connection.outlook(stillAway) != VaultConnection.Outlook.AWAY) {
                return; // those who wait hear of it when it has come back, or has not
            }
        } else {
            Duration pause = issueBackoff.next();
            Duration asked = why instanceof VaultAnswer.Busy busy ? busy.retryAfter() : Duration.ZERO;
            noIssueBefore = now.plus(asked.compareTo(pause) > 0 ? asked : pause);
            warn("credential_issue_failed", why.problem());
        }
        takeWaiting().forEach(w -> news.add(() -> w.completeExceptionally(unavailable(why.problem()))));
    }

    private VaultAnswer renew(Generation generation) {
        LeaseCalls.Renewed renewed;
        boolean learn;
        synchronized (this) {
            learn = !generation.endLearned && !generation.token.isBatch();
        }
        renewed = learn
                ? calls.renewAndLearnEnd(generation.leaseId, generation.ttl)
                : calls.renew(generation.leaseId, generation.ttl);
        synchronized (this) {
            Instant now = tasks.now();
            return switch (renewed) {
                case LeaseCalls.Renewed.Extended extended -> {
                    extended(generation, extended, now);
                    yield NOTHING_DONE;
                }
                case LeaseCalls.Renewed.NotExtended not -> {
                    notExtended(generation, not.why(), now);
                    yield not.why();
                }
            };
        }
    }

    private void extended(Generation generation, LeaseCalls.Renewed.Extended extended, Instant now) {
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
        generation.renewAt = renewalTime(generation, now);
    }

    private void notExtended(Generation generation, VaultAnswer why, Instant now) {
        if (why instanceof VaultAnswer.Away) {
            return;
        }
        warn("credential_renewal_failed", "renewal: " + why.problem());
        switch (why) {
            case VaultAnswer.Refused refused -> {
                generation.mustBeReplaced = true;
                if (refused.reason().contains("lease not found")) {
                    generation.lost = true;
                }
                generation.renewAt = soon(generation, now);
            }
            case VaultAnswer.Denied denied -> {
                if (!generation.token.isDead()) {
                    generation.setNotRenewable();
                }
            }
            default -> generation.renewAt = soon(generation, now);
        }
    }

    private Instant renewalTime(Generation generation, Instant now) {
        long left = Math.max(0, Duration.between(now, generation.end()).toNanos());
        return now.plusNanos((long) (left * random.nextDouble(0.5, 0.66)));
    }

    private Instant soon(Generation generation, Instant now) {
        Duration quarter = Duration.between(now, generation.end()).dividedBy(4);
        Duration pause = tidyBackoff.next();
        return now.plus(quarter.isNegative() || pause.compareTo(quarter) < 0 ? pause : quarter);
    }

    private VaultAnswer revoke(Generation generation) {
        VaultAnswer answer = calls.revoke(generation.leaseId);
        synchronized (this) {
            if (answer instanceof VaultAnswer.Ok) {
                tidyBackoff.reset();
                generation.revokeAt = Instant.MAX;
                LOG.info("event=credential_revoked source={} generation={}", name, generation.number());
            } else {
                // Vault will drop the role at the lease's end; until then we go on trying.
                generation.revokeAt = tasks.now().plus(tidyBackoff.next());
                warn("credential_revocation_failed", "revocation: " + answer.problem());
            }
        }
        return answer;
    }

    private synchronized VaultAnswer giveBack() {
        if (isIdle(tasks.now())) {
            current.ifPresent(g -> g.become(Phase.DEAD));
            current = Optional.empty();
            wanted = false;
        }
        return NOTHING_DONE;
    }

    // Telling. Without the lock, one at a time, in order.

    private void tell() {
        while (true) {
            Runnable next;
            synchronized (this) {
                if (telling || news.isEmpty()) {
                    return;
                }
                telling = true;
                next = news.remove();
            }
            try {
                next.run();
            } finally {
                synchronized (this) {
                    telling = false;
                }
            }
        }
    }

    private List<CompletableFuture<Credential>> takeWaiting() {
        List<CompletableFuture<Credential>> taken = waiting;
        waiting = new ArrayList<>();
        return taken;
    }

    private CredentialUnavailable unavailable(String reason) {
        return new CredentialUnavailable(name + ": " + reason);
    }

    private void noteError(String message) {
        lastError = message;
        lastErrorAt = Optional.of(tasks.now());
    }

    /** A failure that repeats itself is logged once. */
    private void warn(String event, String reason) {
        if (!reason.equals(lastError)) {
            LOG.warn("event={} source={} reason={}", event, name, reason);
        }
        noteError(reason);
    }
}
