package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialListener;
import dev.postern.auth.credentials.CredentialLogKeys;
import dev.postern.auth.credentials.CredentialStatus;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.GenerationState;
import dev.postern.auth.credentials.GenerationState.Phase;
import dev.postern.auth.credentials.json.JsonObject;
import dev.postern.auth.credentials.vault.LeaseAgenda.Demand;
import dev.postern.auth.credentials.vault.LeaseAgenda.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
 * talks to Vault for it; what that job should do is decided when it runs, by the {@link LeaseAgenda}.
 */
final class LeasedCredential implements TokenKeeper.Dependent {
    private static final Logger LOG = LoggerFactory.getLogger(LeasedCredential.class);

    private static final Duration LEAST_WAIT = Duration.ofMillis(5);

    /** After Vault's return its overdue roles go; statements that run may still end, then the connections close. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    private static final VaultAnswer NOTHING_WRONG = new VaultAnswer.Ok(JsonObject.EMPTY);

    private final String name;
    private final TokenKeeper tokens;
    private final VaultConnection connection;
    private final LeaseCalls calls;
    private final BackgroundTasks tasks;
    private final RandomGenerator random;
    private final Generations generations = new Generations();
    private final TransactionReserve reserve = new TransactionReserve();
    private final IssueGate gate;
    private final LeaseAgenda agenda;
    private final LastTrouble trouble;
    private final LeaseRenewals renewals;
    private final Announcements news = new Announcements();
    private final Runnable stillAway = this::onVaultStillAway;
    private final List<CredentialListener> listeners = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    // Guarded by this.
    private List<CompletableFuture<Credential>> waiting = new ArrayList<>();
    private boolean jobOut;
    private boolean wanted;
    private boolean closed;
    private long lastNumber;
    private Instant lastUse;
    private BackgroundTasks.Pending wakeUp = () -> {};
    private Optional<Instant> lastRotation = Optional.empty();

    LeasedCredential(
            TokenKeeper tokens, String path, Duration idleAfter, BackgroundTasks tasks, RandomGenerator random) {
        this.tokens = tokens;
        this.connection = tokens.connection();
        this.name = "vault " + connection.name() + " " + path;
        this.calls = new LeaseCalls(tokens, path, tasks);
        this.tasks = tasks;
        this.random = random;
        this.gate = new IssueGate(random, tasks.now());
        this.agenda = new LeaseAgenda(generations, gate, reserve, idleAfter);
        this.trouble = new LastTrouble(LOG, name);
        this.renewals = new LeaseRenewals(tasks, random, trouble);
        this.lastUse = tasks.now();
        tokens.add(this);
    }

    // What sources ask. None of it blocks.

    CompletionStage<Credential> acquire() {
        CompletableFuture<Credential> answer = new CompletableFuture<>();
        synchronized (this) {
            Instant now = tasks.now();
            lastUse = now;
            Optional<Generation> good = generations.current().filter(g -> g.admits(now));
            wanted |= !closed && good.isEmpty();
            if (closed) {
                answer.completeExceptionally(unavailable("closed"));
            } else if (good.isPresent()) {
                answer.complete(good.get().hand());
            } else if (connection.outlook(stillAway) == VaultConnection.Outlook.AWAY) {
                answer.completeExceptionally(away());
            } else if (gate.isShut(now)) {
                answer.completeExceptionally(unavailable(trouble.text()));
            } else {
                waiting.add(answer);
            }
            decide();
        }
        news.tell();
        return answer;
    }

    void release(Credential credential) {
        synchronized (this) {
            generations.release(credential.generation());
            lastUse = tasks.now();
            decide();
        }
        news.tell();
    }

    void accepted(long number) {
        generations.accepted(number);
    }

    GenerationState generation(long number) {
        return generations.state(number);
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
            Optional<Generation> refused = generations.alive(used.generation()).filter(g -> !g.lost);
            if (refused.isPresent()) {
                if (!refused.get().isOverdue(now)) { // that an overdue role goes was to be expected
                    gate.refused(refused.get(), now);
                }
                lose(refused.get(), "refused by the server with SQLSTATE " + sqlState);
            }
            decide();
        }
        news.tell();
    }

    /** Nobody gets it any more; transactions that still run may end. */
    private void lose(Generation generation, String reason) {
        boolean wasCurrent = generations.isCurrent(generation);
        generation.lost = true;
        generation.publish(true);
        generation.become(Phase.RETIRING);
        generation.closeBy(tasks.now().plus(GRACE));
        if (wasCurrent) {
            generations.endCurrent(Phase.RETIRING);
            wanted = !closed;
            trouble.note(reason, tasks.now());
        }
        LOG.atWarn()
                .addKeyValue(CredentialLogKeys.SOURCE, name)
                .addKeyValue(CredentialLogKeys.GENERATION, generation.number())
                .addKeyValue(CredentialLogKeys.DETAIL, reason)
                .log("credential_lost");
        news.add(() -> listeners.forEach(l -> l.lost(generation.credential, reason)));
        connection.suspectReturn();
    }

    /** What looked like Vault's return was none. */
    private void onVaultStillAway() {
        synchronized (this) {
            if (connection.isAway()) {
                failWaiting(away());
            }
            decide();
        }
        news.tell();
    }

    /**
     * The server has refused a login with it: because the role is gone, or because the lease is past its end and the role
     * is still there, for whose sessions nothing changes as long as Vault is away.
     */
    CompletionStage<Boolean> isGone(Credential refused) {
        synchronized (this) {
            boolean mayBeThere = generations
                    .alive(refused.generation())
                    .filter(g -> !g.lost && !g.token.isDead() && g.isOverdue(tasks.now()))
                    .isPresent();
            return mayBeThere ? connection.look() : CompletableFuture.completedStage(true);
        }
    }

    synchronized boolean isReplacing() {
        Instant now = tasks.now();
        return !closed && wanted && !connection.isOutOfReach() && !gate.isShut(now)
                || generations.current().filter(g -> g.admits(now)).isPresent();
    }

    synchronized CredentialStatus status() {
        Instant now = tasks.now();
        Optional<Generation> current = generations.current();
        return new CredentialStatus(
                name,
                stateAt(now),
                current.map(g -> g.credential.user()).orElse(""),
                current.map(Generation::number).orElse(0L),
                current.map(g -> Duration.between(now, g.deadline())),
                generations.retiring(),
                lastRotation,
                trouble.text(),
                trouble.at());
    }

    private CredentialStatus.State stateAt(Instant now) {
        if (closed) {
            return CredentialStatus.State.CLOSED;
        }
        if (generations.current().isPresent()) {
            boolean overdue = generations.current().get().isOverdue(now);
            return overdue ? CredentialStatus.State.OVERDUE : CredentialStatus.State.READY;
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
                failWaiting(unavailable("closed"));
                generations.endCurrent(Phase.RETIRING);
            }
            decide();
        }
        news.tell();
        return drained;
    }

    // What the token's keeper tells.

    @Override
    public void tokenReplaced(HeldToken old) {
        synchronized (this) {
            // Spread over the first quarter of what the old token has left, so that all paths do not come at once.
            generations.all().stream()
                    .filter(g -> g.token == old)
                    .forEach(g -> g.replaceWithin(tasks.now(), random.nextDouble(0, 0.25)));
            decide();
        }
        news.tell();
    }

    @Override
    public void tokenDied(HeldToken dead) {
        synchronized (this) {
            generations.all().stream().filter(g -> g.token == dead).forEach(g -> g.mustBeReplaced = true);
            if (generations.current().filter(g -> g.token == dead).isPresent()) {
                trouble.note("the token that issued the lease is dead", tasks.now());
            }
            decide();
        }
        news.tell();
    }

    @Override
    public void tokenExtended(HeldToken token) {
        onTime();
    }

    // Deciding. All under the lock.

    /** Brings phases up to the time, sends a job out where one has something to do, and sets the clock for the next time. */
    private void decide() {
        Instant now = tasks.now();
        for (Generation generation : generations.all()) {
            decideOn(generation, now);
        }
        forgetFinished(now);
        Demand demand = demand();
        if (!jobOut && !(agenda.next(demand, now) instanceof Step.Nothing)) {
            jobOut = true;
            submit(demand, now);
        }
        wakeUp.cancel();
        Instant at = agenda.nextMoment(demand, now);
        if (!at.equals(Instant.MAX)) {
            Duration wait = Duration.between(now, at);
            wakeUp = tasks.later(wait.compareTo(LEAST_WAIT) < 0 ? LEAST_WAIT : wait, this::onTime);
        }
    }

    private Demand demand() {
        return new Demand(closed, wanted, !waiting.isEmpty(), lastUse);
    }

    private void submit(Demand demand, Instant now) {
        connection.submit(agenda.urgency(demand, connection.isAway(), now), this::work);
    }

    private void onTime() {
        synchronized (this) {
            decide();
        }
        news.tell();
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
            if (generation.isNewlySpent(now)) {
                generation.spent = true;
                news.add(() -> listeners.forEach(l -> l.spent(generation.credential)));
            }
            if (generation.phase() == Phase.RETIRING && generation.holders <= 0) {
                generation.become(Phase.DEAD);
            }
        }
    }

    /** Vault has just come back: the overdue generation lives on until the successor is there. */
    private boolean isAboutToBeReplaced(Generation generation, Instant now) {
        return generations.isCurrent(generation) && !gate.isShut(now);
    }

    private void end(Generation generation, String reason) {
        generation.publish(true);
        if (generations.isCurrent(generation)) {
            generations.endCurrent(Phase.DEAD);
            wanted = wanted || generation.holders > 0;
            trouble.note(reason, tasks.now());
        }
        generation.become(Phase.DEAD);
        LOG.atWarn()
                .addKeyValue(CredentialLogKeys.SOURCE, name)
                .addKeyValue(CredentialLogKeys.GENERATION, generation.number())
                .addKeyValue(CredentialLogKeys.DETAIL, reason)
                .log("credential_ended");
        news.add(() -> listeners.forEach(l -> l.ended(generation.credential, reason)));
    }

    private void forgetFinished(Instant now) {
        generations
                .takeOut(g -> g.isDead() && g.holders <= 0 && g.nothingLeft(now))
                .forEach(g -> tokens.leaseEnded(g.token));
        if (closed && generations.all().isEmpty() && !drained.isDone()) {
            wakeUp.cancel();
            news.add(() -> drained.complete(null));
        }
    }

    // Working. The calls block and are made without the lock.

    private void work() {
        Step step;
        synchronized (this) {
            step = agenda.next(demand(), tasks.now());
        }
        VaultAnswer outcome = switch (step) {
            case Step.Issue issue -> issue();
            case Step.Renew(Generation generation) -> renew(generation);
            case Step.Revoke(Generation generation) -> revoke(generation);
            case Step.GiveBack giveBack -> giveBack();
            case Step.Nothing nothing -> NOTHING_WRONG;
        };
        synchronized (this) {
            if (outcome instanceof VaultAnswer.Away && !closed) {
                submit(demand(), tasks.now()); // still the one job: it waits for Vault's return and decides anew then
            } else {
                jobOut = false;
            }
            decide();
        }
        news.tell();
    }

    private VaultAnswer issue() {
        LeaseCalls.Issued issued = calls.issue();
        synchronized (this) {
            return switch (issued) {
                case LeaseCalls.Issued.Lease lease -> {
                    rotateTo(lease);
                    yield NOTHING_WRONG;
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
        gate.issued();
        Generation generation = Generation.of(lease, ++lastNumber, now);
        lease.token().addLease();
        renewals.plan(generation);
        boolean replaces = generations.alive().findAny().isPresent();
        generations.alive().forEach(old -> old.retire(now, agenda.servesUntil(old, now), GRACE));
        generations.add(generation);
        if (closed) {
            generation.become(Phase.RETIRING);
            return;
        }
        generations.makeCurrent(generation);
        wanted = false;
        lastRotation = Optional.of(now);
        LOG.atInfo()
                .addKeyValue(CredentialLogKeys.SOURCE, name)
                .addKeyValue(CredentialLogKeys.USER, lease.user())
                .addKeyValue(CredentialLogKeys.GENERATION, lastNumber)
                .addKeyValue(CredentialLogKeys.TTL, lease.ttl().toSeconds())
                .log(replaces ? "credential_rotated" : "credential_obtained");
        news.add(() -> listeners.forEach(l -> l.rotated(generation.credential)));
        for (CompletableFuture<Credential> waiter : takeWaiting()) {
            Credential handed = generation.hand();
            news.add(() -> waiter.complete(handed));
        }
    }

    private void issueFailed(VaultAnswer why) {
        if (why instanceof VaultAnswer.Away) {
            trouble.note(why.problem(), tasks.now());
            if (connection.outlook(stillAway) != VaultConnection.Outlook.AWAY) {
                return; // those who wait hear of it when it has come back, or has not
            }
        } else {
            gate.failed(tasks.now(), why instanceof VaultAnswer.Busy busy ? busy.retryAfter() : Duration.ZERO);
            trouble.warn("credential_issue_failed", why.problem(), tasks.now());
        }
        failWaiting(unavailable(why.problem()));
    }

    private VaultAnswer renew(Generation generation) {
        boolean learn;
        synchronized (this) {
            learn = !generation.endLearned && !generation.token.isBatch();
        }
        LeaseCalls.Renewed renewed = learn
                ? calls.renewAndLearnEnd(generation.leaseId, generation.ttl)
                : calls.renew(generation.leaseId, generation.ttl);
        synchronized (this) {
            return switch (renewed) {
                case LeaseCalls.Renewed.Extended extended -> {
                    renewals.extended(generation, extended);
                    yield NOTHING_WRONG;
                }
                case LeaseCalls.Renewed.NotExtended not -> {
                    renewals.notExtended(generation, not.why());
                    yield not.why();
                }
            };
        }
    }

    private VaultAnswer revoke(Generation generation) {
        VaultAnswer answer = calls.revoke(generation.leaseId);
        synchronized (this) {
            if (answer instanceof VaultAnswer.Ok) {
                renewals.revoked(generation);
                LOG.atInfo()
                        .addKeyValue(CredentialLogKeys.SOURCE, name)
                        .addKeyValue(CredentialLogKeys.GENERATION, generation.number())
                        .log("credential_revoked");
            } else {
                renewals.notRevoked(generation, answer);
            }
        }
        return answer;
    }

    private synchronized VaultAnswer giveBack() {
        if (agenda.isIdle(demand(), tasks.now())) {
            generations.endCurrent(Phase.DEAD);
            wanted = false;
        }
        return NOTHING_WRONG;
    }

    // Those who wait.

    private void failWaiting(CredentialUnavailable why) {
        takeWaiting().forEach(waiter -> news.add(() -> waiter.completeExceptionally(why)));
    }

    private List<CompletableFuture<Credential>> takeWaiting() {
        List<CompletableFuture<Credential>> taken = waiting;
        waiting = new ArrayList<>();
        return taken;
    }

    private CredentialUnavailable away() {
        return unavailable("Vault is away: " + connection.awayReason());
    }

    private CredentialUnavailable unavailable(String reason) {
        return new CredentialUnavailable(name + ": " + reason);
    }
}
