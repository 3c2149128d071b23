package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Keeps the token in use alive: renewed at half to two thirds of its time; where a renewal shows its end, or none is to be
 * had, the keeper logs in anew. A token that somebody else writes to a file is looked for there as well.
 */
final class TokenTender {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofSeconds(30);
    private static final Duration FILE_CHECK = Duration.ofSeconds(5);

    /** Granted less than this share of what was asked: the token's end is near. */
    private static final double CAPPED = 0.9;

    /** Whose token it is. */
    interface Keeper {
        /** No token is used any more. */
        boolean isClosed();

        /** The token has so much time from when that was asked for; zero: for ever. */
        void extended(HeldToken token, Instant sent, Duration granted);

        /** Vault has refused the token something: what that meant. Blocks. */
        TokenKeeper.Verdict settle(HeldToken token);

        /** The next token takes the place of this one, which still lives. Blocks. */
        TokenKeeper.Answer replace(HeldToken old);

        /** Whether the login would give another token than this one now, which nobody announces. */
        boolean hasNew(HeldToken inUse);
    }

    private final VaultConnection connection;
    private final BackgroundTasks tasks;
    private final RandomGenerator random;
    private final Keeper keeper;
    private final Backoff backoff;
    private volatile BackgroundTasks.Pending next = () -> {};
    private volatile BackgroundTasks.Pending fileCheck = () -> {};

    TokenTender(VaultConnection connection, BackgroundTasks tasks, RandomGenerator random, Keeper keeper) {
        this.connection = connection;
        this.tasks = tasks;
        this.random = random;
        this.keeper = keeper;
        this.backoff = new Backoff(FIRST_RETRY, MAX_RETRY, random);
    }

    /** This is the token in use from now on. */
    void tend(HeldToken token) {
        backoff.reset();
        planRenewal(token);
        watchFile(token);
    }

    void stop() {
        next.cancel();
        fileCheck.cancel();
    }

    /** At half to two thirds of what is left, as long as anything is left. */
    private void planRenewal(HeldToken token) {
        next.cancel();
        if (!token.expires().equals(Instant.MAX) && !keeper.isClosed()) {
            Duration left = Duration.between(tasks.now(), token.expires());
            renewIn(token, Duration.ofNanos((long) (left.toNanos() * random.nextDouble(0.5, 0.66))));
        }
    }

    private void renewIn(HeldToken token, Duration delay) {
        next.cancel();
        next = tasks.later(delay, () -> submit(() -> renewOrReplace(token)));
    }

    private void submit(Runnable job) {
        connection.submit(VaultConnection.Urgency.RENEW, job);
    }

    private void renewOrReplace(HeldToken token) {
        if (keeper.isClosed() || token.isDead() || token.isReplaced()) {
            return;
        }
        if (token.isRenewable()) {
            if (renewed(token)) {
                return;
            }
            connection.charge();
        }
        replace(token);
    }

    /** False where another token has to take its place. */
    private boolean renewed(HeldToken token) {
        Instant sent = tasks.now();
        VaultAnswer answer = connection.send(VaultRequest.write("auth/token/renew-self", token.secret(), Map.of()));
        return switch (answer) {
            case VaultAnswer.Ok ok -> {
                Duration granted = Duration.ofSeconds(
                        ok.body().object("auth").number("lease_duration").orElse(0));
                keeper.extended(token, sent, granted);
                boolean inFull = granted.toMillis() >= token.ttl().toMillis() * CAPPED;
                if (inFull) {
                    planRenewal(token);
                }
                yield inFull;
            }
            case VaultAnswer.Away away -> {
                submit(() -> renewOrReplace(token));
                yield true;
            }
            case VaultAnswer.Busy busy -> {
                renewIn(token, retryWithin(token));
                yield true;
            }
            case VaultAnswer.Failed failed -> {
                renewIn(token, retryWithin(token));
                yield true;
            }
            case VaultAnswer.Denied denied -> {
                boolean dead = keeper.settle(token) == TokenKeeper.Verdict.DEAD;
                if (!dead) {
                    token.setNotRenewable();
                }
                yield dead; // then whoever hangs on it has heard of it
            }
            case VaultAnswer.Refused refused -> {
                token.setNotRenewable();
                yield false;
            }
        };
    }

    private void replace(HeldToken old) {
        if (keeper.replace(old) instanceof TokenKeeper.Answer.None none && !keeper.isClosed()) {
            if (none.why() instanceof VaultAnswer.Away) {
                submit(() -> replace(old));
            } else {
                next = tasks.later(backoff.next(), () -> submit(() -> replace(old)));
            }
        }
    }

    private Duration retryWithin(HeldToken token) {
        Duration left = Duration.between(tasks.now(), token.expires());
        Duration wait = backoff.next();
        return wait.compareTo(left.dividedBy(4)) > 0 && !left.isNegative() ? left.dividedBy(4) : wait;
    }

    /** A token file's writer replaces the token without telling: its leases follow the new one. */
    private void watchFile(HeldToken token) {
        fileCheck.cancel();
        if (keeper.isClosed() || token.isOwnedByUs()) {
            return;
        }
        fileCheck = tasks.later(FILE_CHECK, () -> {
            if (keeper.hasNew(token)) {
                submit(() -> replace(token));
            }
            watchFile(token);
        });
    }
}
