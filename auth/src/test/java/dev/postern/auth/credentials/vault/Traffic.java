package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.FakeTasks;
import dev.postern.auth.credentials.GenerationState;
import dev.postern.auth.credentials.GenerationState.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a pool does with a source, on a hand-turned clock: some connections, each running one transaction after the
 * other. A connection of a replaced generation is closed at its transaction's end, one of a dead generation at once. An
 * error is a statement on a role that is gone, a login that is refused, or a transaction that was cut off.
 */
final class Traffic {
    static final Duration STEP = Duration.ofMillis(50);

    private final class Connection {
        @Nullable
        CompletableFuture<Credential> login;

        @Nullable
        Credential credential;

        Instant transactionBegan = Instant.MIN;
        boolean inTransaction;
        private final Instant starts;

        Connection(Instant starts) {
            this.starts = starts;
        }

        void step(Instant now) {
            if (now.isBefore(starts)) {
                return;
            }
            Credential used = credential;
            if (used == null) {
                logIn(now);
                return;
            }
            GenerationState state = source.generation(used.generation());
            if (inTransaction) {
                runOn(used, state, now);
            } else if (state.phase() != Phase.CURRENT && !(lendsOn && now.isBefore(state.servesUntil()))) {
                close(used);
            } else {
                begin(used, state, now);
            }
        }

        private void logIn(Instant now) {
            CompletableFuture<Credential> pending = login;
            if (pending == null) {
                login = source.acquire().toCompletableFuture();
                return;
            }
            if (!pending.isDone()) {
                return;
            }
            login = null;
            if (pending.isCompletedExceptionally()) {
                unavailable++;
                return;
            }
            Credential got = pending.join();
            if (!roles.admits(got.user(), got.secret().reveal(), now)) {
                errors.add(now + " login refused, generation " + got.generation());
                source.refused(got, "28P01");
                source.release(got);
                return;
            }
            source.accepted(got);
            generations.add(got.generation());
            credential = got;
        }

        private void begin(Credential used, GenerationState state, Instant now) {
            if (state.overdue()) {
                roleChecks++;
                if (!roles.names().contains(used.user())) {
                    source.refused(used, "42704");
                    close(used);
                    return;
                }
            }
            inTransaction = true;
            transactionBegan = now;
        }

        private void runOn(Credential used, GenerationState state, Instant now) {
            if (state.phase() == Phase.DEAD) {
                cutOff.add(now + " transaction of generation " + used.generation() + " cut off");
                close(used);
                return;
            }
            if (!roles.names().contains(used.user())) {
                errors.add(now + " role of generation " + used.generation() + " is gone in a transaction");
                source.refused(used, "42704");
                close(used);
                return;
            }
            Duration lasted = Duration.between(transactionBegan, now);
            if (lasted.compareTo(length) >= 0) {
                committed++;
                source.transactionEnded(lasted);
                inTransaction = false;
            }
        }

        private void close(Credential used) {
            credential = null;
            inTransaction = false;
            source.release(used);
        }
    }

    private final CredentialSource source;
    private final MemoryRoles roles;
    private final FakeTasks tasks;
    private final List<Connection> connections = new ArrayList<>();
    private final Duration length;

    /** Whether connections of a RETIRING generation serve as long as they may. */
    boolean lendsOn;

    final List<String> errors = new ArrayList<>();
    final List<String> cutOff = new ArrayList<>();
    final Set<Long> generations = new LinkedHashSet<>();
    int committed;
    int unavailable;
    int roleChecks;

    Traffic(CredentialSource source, MemoryRoles roles, FakeTasks tasks, int size, Duration transactionLength) {
        this.source = source;
        this.roles = roles;
        this.tasks = tasks;
        this.length = transactionLength;
        for (int i = 0; i < size; i++) {
            // Spread over a transaction's length, so that some begin at every moment.
            connections.add(new Connection(
                    tasks.now().plus(transactionLength.multipliedBy(i).dividedBy(size))));
        }
    }

    void run(Duration time) {
        Instant end = tasks.now().plus(time);
        while (tasks.now().isBefore(end)) {
            tasks.advance(STEP);
            connections.forEach(c -> c.step(tasks.now()));
        }
    }

    /** How many connections are logged in and usable now. */
    long open() {
        return connections.stream().filter(c -> c.credential != null).count();
    }

    void closeAll() {
        connections.forEach(c -> {
            if (c.credential != null) {
                c.close(c.credential);
            }
        });
    }
}
