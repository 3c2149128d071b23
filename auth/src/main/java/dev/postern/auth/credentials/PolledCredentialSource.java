package dev.postern.auth.credentials;

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
 * A password that somebody else changes: a file, a KV entry, a static Vault role. It is read at the first {@link #acquire},
 * then again and again while it is used; a change makes a new generation, which ends no open session (a password counts
 * at login only). A refused password is read again at once, several times within a second, because a rotation changes
 * the server a moment before its announcement; meanwhile acquirers wait. The last good value outlives failed reads.
 */
public final class PolledCredentialSource implements CredentialSource {
    private static final Logger LOG = LoggerFactory.getLogger(PolledCredentialSource.class);

    /** After a refusal: how long to wait before each further look. */
    private static final List<Duration> REFUSAL_WAITS = List.of(
            Duration.ZERO,
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(200),
            Duration.ofMillis(300),
            Duration.ofMillis(400));

    /** A second refusal of an unchanged password within this time is the password's fault, not a rotation's. */
    private static final Duration REFUSAL_PAUSE = Duration.ofSeconds(5);

    /** So long a good value is not handed out while a newer one is being read; who is asked for it may be frozen. */
    private static final Duration READING_PATIENCE = Duration.ofMillis(500);

    /** Nobody holds a credential for so long: reading stops until the next {@link #acquire}. */
    private static final Duration IDLE_AFTER = Duration.ofMinutes(5);

    private final CredentialReader reader;
    private final BackgroundTasks tasks;
    private final Backoff backoff;
    private final List<CredentialListener> listeners = new CopyOnWriteArrayList<>();

    // Guarded by this.
    private Optional<Credential> current = Optional.empty();
    private Instant goodUntil = Instant.MIN;
    private List<CompletableFuture<Credential>> waiting = new ArrayList<>();
    private boolean reading;
    private boolean answeringRefusal;
    private boolean changedMeanwhile;
    private boolean closed;
    private BackgroundTasks.Pending next = () -> {};
    private boolean scheduled;
    private boolean failing;
    private Instant lastUse;
    private Instant refusalsCountFrom;
    private Optional<Instant> lastRotation = Optional.empty();
    private String lastError = "";
    private Optional<Instant> lastErrorAt = Optional.empty();

    public PolledCredentialSource(
            CredentialReader reader, BackgroundTasks tasks, Duration firstRetry, Duration maxRetry) {
        this.reader = reader;
        this.tasks = tasks;
        this.backoff = new Backoff(firstRetry, maxRetry, RandomGenerator.getDefault());
        this.lastUse = tasks.now();
        this.refusalsCountFrom = tasks.now();
    }

    @Override
    public synchronized CompletionStage<Credential> acquire() {
        if (closed) {
            return CompletableFuture.failedStage(new CredentialUnavailable(reader.describe() + ": closed"));
        }
        lastUse = tasks.now();
        if (!reading && !scheduled) {
            startReading(List.of(Duration.ZERO));
        }
        if (!reading && usable().isPresent()) {
            return CompletableFuture.completedStage(usable().get());
        }
        if (!reading) {
            return CompletableFuture.failedStage(new CredentialUnavailable(reader.describe() + ": " + lastError));
        }
        CompletableFuture<Credential> waiter = new CompletableFuture<>();
        waiting.add(waiter);
        if (!answeringRefusal) {
            usable().ifPresent(known -> tasks.later(READING_PATIENCE, () -> waiter.complete(known)));
        }
        return waiter;
    }

    @Override
    public synchronized void release(Credential credential) {
        lastUse = tasks.now();
    }

    @Override
    public synchronized GenerationState generation(long generation) {
        long newest = current.map(Credential::generation).orElse(0L);
        if (generation < 1 || generation > newest) {
            return GenerationState.DEAD;
        }
        return generation == newest ? GenerationState.LASTING : GenerationState.REPLACED;
    }

    @Override
    public void listen(CredentialListener listener) {
        listeners.add(listener);
    }

    @Override
    public synchronized void refused(Credential used, String sqlState) {
        boolean isCurrent = current.isPresent() && current.get().generation() == used.generation();
        if (closed || reading || !isCurrent || tasks.now().isBefore(refusalsCountFrom)) {
            return;
        }
        refusalsCountFrom = tasks.now().plus(REFUSAL_PAUSE);
        noteError("refused by the server with SQLSTATE " + sqlState);
        startReading(REFUSAL_WAITS);
    }

    @Override
    public synchronized boolean isReplacing(Credential refused) {
        boolean newer = current.isPresent()
                && !(current.get().user().equals(refused.user())
                        && current.get().secret().equals(refused.secret()));
        return !closed && (reading || newer);
    }

    /** Reads now, ahead of its time: the file watcher or an operator knows of a change. */
    public synchronized void readNow() {
        if (reading) {
            changedMeanwhile = true; // what is being read now may be from before the change
        } else if (!closed) {
            startReading(List.of(Duration.ZERO));
        }
    }

    @Override
    public synchronized CredentialStatus status() {
        return new CredentialStatus(
                reader.describe(),
                state(),
                current.map(Credential::user).orElse(""),
                current.map(Credential::generation).orElse(0L),
                Optional.empty(),
                0,
                lastRotation,
                lastError,
                lastErrorAt);
    }

    /** What is known and has not ended by itself. */
    private Optional<Credential> usable() {
        return current.filter(ignored -> tasks.now().isBefore(goodUntil));
    }

    private CredentialStatus.State state() {
        if (closed) {
            return CredentialStatus.State.CLOSED;
        }
        if (usable().isPresent()) {
            return CredentialStatus.State.READY;
        }
        if (reading) {
            return CredentialStatus.State.PENDING;
        }
        return failing ? CredentialStatus.State.FAILING : CredentialStatus.State.IDLE;
    }

    @Override
    public void close() {
        List<CompletableFuture<Credential>> abandoned;
        synchronized (this) {
            closed = true;
            next.cancel();
            abandoned = takeWaiting();
        }
        reader.close();
        abandoned.forEach(w -> w.completeExceptionally(new CredentialUnavailable(reader.describe() + ": closed")));
    }

    /** One look after each wait, until one shows a change; a single look shows whatever it finds. */
    private void startReading(List<Duration> waits) {
        next.cancel();
        scheduled = false;
        reading = true;
        answeringRefusal = waits.size() > 1;
        changedMeanwhile = false;
        tasks.run(() -> readAfter(waits, 0));
    }

    private void readAfter(List<Duration> waits, int index) {
        CredentialReader.Reading read;
        try {
            read = reader.read();
        } catch (CredentialUnavailable e) {
            failed(e);
            return;
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue(CredentialLogKeys.SOURCE, reader.describe())
                    .setCause(e)
                    .log("credential_read_failed");
            failed(new CredentialUnavailable("internal error: " + e.getClass().getSimpleName()));
            return;
        }
        boolean lookAgain;
        synchronized (this) {
            lookAgain = index + 1 < waits.size() && isUnchanged(read) && !closed;
        }
        if (lookAgain) {
            tasks.later(waits.get(index + 1), () -> readAfter(waits, index + 1));
            return;
        }
        succeeded(read);
    }

    private boolean isUnchanged(CredentialReader.Reading read) {
        return current.isPresent()
                && current.get().user().equals(read.user())
                && current.get().secret().equals(read.secret());
    }

    private void succeeded(CredentialReader.Reading read) {
        Credential credential;
        boolean changed;
        boolean recovered;
        boolean replaces;
        List<CompletableFuture<Credential>> served;
        synchronized (this) {
            recovered = failing;
            reading = false;
            failing = false;
            backoff.reset();
            replaces = current.isPresent();
            changed = current.isEmpty() || reader.replacesConnections(current.get(), read);
            if (changed || !isUnchanged(read)) {
                long generation = current.map(Credential::generation).orElse(0L) + (changed ? 1 : 0);
                current = Optional.of(new Credential(read.user(), read.secret(), generation, Instant.MAX));
                lastRotation = changed ? Optional.of(tasks.now()) : lastRotation;
                refusalsCountFrom = tasks.now();
            }
            goodUntil = tasks.now().plus(read.goodFor());
            credential = current.orElseThrow();
            served = takeWaiting();
            scheduleNext(changedMeanwhile ? Duration.ZERO : read.readAgain());
        }
        served.forEach(w -> w.complete(credential));
        if (recovered) {
            LOG.atInfo()
                    .addKeyValue(CredentialLogKeys.SOURCE, reader.describe())
                    .log("credential_read_again");
        }
        if (changed) {
            LOG.atInfo()
                    .addKeyValue(CredentialLogKeys.SOURCE, reader.describe())
                    .addKeyValue(CredentialLogKeys.USER, credential.user())
                    .addKeyValue(CredentialLogKeys.GENERATION, credential.generation())
                    .log(replaces ? "credential_rotated" : "credential_obtained");
            listeners.forEach(l -> l.rotated(credential));
        }
    }

    private void failed(CredentialUnavailable problem) {
        List<CompletableFuture<Credential>> served;
        Optional<Credential> kept;
        String message = String.valueOf(problem.getMessage());
        boolean news;
        synchronized (this) {
            news = !failing || !message.equals(lastError);
            reading = false;
            failing = true;
            kept = usable();
            noteError(message);
            served = takeWaiting();
            scheduleNext(changedMeanwhile ? Duration.ZERO : backoff.next());
        }
        if (news) {
            LOG.atWarn()
                    .addKeyValue(CredentialLogKeys.SOURCE, reader.describe())
                    .addKeyValue(CredentialLogKeys.DETAIL, message)
                    .log("credential_read_failed");
        }
        // A value that worked until now is better than none: the server has the last word on it.
        kept.ifPresentOrElse(
                c -> served.forEach(w -> w.complete(c)),
                () -> served.forEach(w -> w.completeExceptionally(
                        new CredentialUnavailable(reader.describe() + ": " + message, problem))));
    }

    private void scheduleNext(Duration delay) {
        if (!closed) {
            scheduled = true;
            next = tasks.later(delay, this::readOnTime);
        }
    }

    private synchronized void readOnTime() {
        scheduled = false;
        if (closed || reading || tasks.now().isAfter(lastUse.plus(IDLE_AFTER))) {
            return;
        }
        startReading(List.of(Duration.ZERO));
    }

    private List<CompletableFuture<Credential>> takeWaiting() {
        List<CompletableFuture<Credential>> taken = waiting;
        waiting = new ArrayList<>();
        return taken;
    }

    private void noteError(String message) {
        lastError = message;
        lastErrorAt = Optional.of(tasks.now());
    }
}
