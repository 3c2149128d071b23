package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Backoff;
import dev.postern.auth.credentials.CredentialUnavailable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The token of one identity at one Vault: logged in when first needed, renewed at half to two thirds of its time, and
 * replaced by a new login as soon as a renewal shows its end. Who holds leases of the old token hears of it in time to
 * re-issue them first.
 */
final class TokenKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TokenKeeper.class);

    /** A token with less left than this makes no new lease. */
    private static final Duration TOO_SHORT = Duration.ofSeconds(2);

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofSeconds(30);
    private static final Duration FILE_CHECK = Duration.ofSeconds(5);

    /** Granted less than this share of what was asked: the token's end is near. */
    private static final double CAPPED = 0.9;

    /** Hears that leases of a token must be re-issued. */
    interface Dependent {
        /** The token has a successor and lives until {@link HeldToken#expires}: re-issue within that time. */
        void tokenReplaced(HeldToken old);

        /** The token is dead, its leases too: re-issue now. */
        void tokenDied(HeldToken dead);

        /** The token's end has moved, and deadlines with it. */
        void tokenExtended(HeldToken token);
    }

    /** A live token, or why there is none. */
    sealed interface Answer {
        record Live(HeldToken token) implements Answer {}

        record None(VaultAnswer why) implements Answer {}
    }

    private final VaultConnection connection;
    private final VaultLogin login;
    private final BackgroundTasks tasks;
    private final RandomGenerator random;
    private final Backoff backoff;
    private final List<Dependent> dependents = new CopyOnWriteArrayList<>();

    /** Held across a login, so that everybody who needs a token waits for the same one. Only virtual threads wait here. */
    private final ReentrantLock loginLock = new ReentrantLock();

    private volatile Optional<HeldToken> current = Optional.empty();
    private Instant noLoginBefore;
    private Optional<VaultAnswer> lastRefusal = Optional.empty();
    private BackgroundTasks.Pending next = () -> {};
    private BackgroundTasks.Pending fileCheck = () -> {};
    private volatile boolean closed;

    TokenKeeper(VaultConnection connection, VaultLogin login, BackgroundTasks tasks, RandomGenerator random) {
        this.connection = connection;
        this.login = login;
        this.tasks = tasks;
        this.random = random;
        this.backoff = new Backoff(FIRST_RETRY, MAX_RETRY, random);
        this.noLoginBefore = tasks.now();
    }

    void add(Dependent dependent) {
        dependents.add(dependent);
    }

    void remove(Dependent dependent) {
        dependents.remove(dependent);
    }

    VaultConnection connection() {
        return connection;
    }

    String describe() {
        return login.describe();
    }

    /** The token for the next request; logs in where there is none. Blocks. */
    Answer token() {
        loginLock.lock();
        try {
            Optional<HeldToken> held = current.filter(this::isUsable);
            if (held.isPresent()) {
                return new Answer.Live(held.get());
            }
            if (closed) {
                return new Answer.None(new VaultAnswer.Failed(0, "closed"));
            }
            if (lastRefusal.isPresent() && tasks.now().isBefore(noLoginBefore)) {
                return new Answer.None(lastRefusal.get());
            }
            return logIn();
        } finally {
            loginLock.unlock();
        }
    }

    private boolean isUsable(HeldToken token) {
        // A token without successor is used to its end: its own next renewal brings one.
        Duration reserve = token.ttl().compareTo(TOO_SHORT.multipliedBy(4)) < 0
                ? token.ttl().dividedBy(4)
                : TOO_SHORT;
        return !token.isDead() && tasks.now().isBefore(token.expires().minus(reserve));
    }

    private Answer logIn() {
        Instant sent = tasks.now();
        VaultLogin.Result result;
        try {
            result = login.login(new Through());
        } catch (CredentialUnavailable e) {
            result = new VaultLogin.Result.NotLoggedIn(
                    new VaultAnswer.Failed(0, "login " + login.describe() + ": " + e.getMessage()));
        }
        return switch (result) {
            case VaultLogin.Result.LoggedIn in -> {
                backoff.reset();
                lastRefusal = Optional.empty();
                yield new Answer.Live(adopt(in, sent));
            }
            case VaultLogin.Result.NotLoggedIn out -> {
                boolean away = out.answer() instanceof VaultAnswer.Away;
                if (!away) {
                    // A refused login will be refused again: everybody gets this answer until the pause is over.
                    noLoginBefore = tasks.now().plus(backoff.next());
                    lastRefusal = Optional.of(out.answer());
                    LOG.warn(
                            "event=vault_login_failed connection={} login={} reason={}",
                            connection.name(),
                            login.describe(),
                            out.answer().problem());
                }
                yield new Answer.None(out.answer());
            }
        };
    }

    private HeldToken adopt(VaultLogin.Result.LoggedIn in, Instant sent) {
        Optional<HeldToken> same = current.filter(t -> !t.isDead() && t.secret().equals(in.token()));
        if (same.isPresent()) {
            // A token from outside that is still the same one: only its end may have moved.
            extend(same.get(), sent, in.ttl());
            scheduleRenewal(same.get());
            watchFile();
            return same.get();
        }
        HeldToken token = new HeldToken(in, sent);
        replace(token);
        return token;
    }

    private void extend(HeldToken token, Instant sent, Duration granted) {
        token.setExpires(granted.isZero() ? Instant.MAX : sent.plus(granted));
        tasks.run(() -> dependents.forEach(d -> d.tokenExtended(token)));
    }

    private void replace(HeldToken token) {
        Optional<HeldToken> old = current;
        current = Optional.of(token);
        LOG.info(
                "event=vault_login connection={} login={} ttl_s={}",
                connection.name(),
                login.describe(),
                token.ttl().toSeconds());
        scheduleRenewal(token);
        watchFile();
        old.ifPresent(this::retire);
    }

    private void retire(HeldToken old) {
        old.setReplaced();
        if (!old.isDead()) {
            tasks.run(() -> dependents.forEach(d -> d.tokenReplaced(old)));
            revokeIfUnused(old);
        }
    }

    /** At half to two thirds of what is left, as long as anything is left. */
    private void scheduleRenewal(HeldToken token) {
        next.cancel();
        if (token.expires().equals(Instant.MAX) || closed) {
            return;
        }
        Duration left = Duration.between(tasks.now(), token.expires());
        double share = random.nextDouble(0.5, 0.66);
        schedule(token, Duration.ofNanos((long) (left.toNanos() * share)));
    }

    private void schedule(HeldToken token, Duration delay) {
        next.cancel();
        next = tasks.later(delay, () -> connection.submit(VaultConnection.Urgency.RENEW, () -> renewOrReplace(token)));
    }

    private void renewOrReplace(HeldToken token) {
        if (closed || token.isDead() || token.isReplaced()) {
            return;
        }
        Instant sent = tasks.now();
        if (token.isRenewable()) {
            VaultAnswer answer = connection.send(VaultRequest.write("auth/token/renew-self", token.secret(), Map.of()));
            switch (answer) {
                case VaultAnswer.Ok ok -> {
                    Duration granted = Duration.ofSeconds(
                            ok.body().object("auth").number("lease_duration").orElse(0));
                    extend(token, sent, granted);
                    if (granted.toMillis() >= token.ttl().toMillis() * CAPPED) {
                        scheduleRenewal(token);
                        return;
                    }
                }
                case VaultAnswer.Away away -> {
                    connection.submit(VaultConnection.Urgency.RENEW, () -> renewOrReplace(token));
                    return;
                }
                case VaultAnswer.Busy busy -> {
                    schedule(token, retryWithin(token));
                    return;
                }
                case VaultAnswer.Failed failed -> {
                    schedule(token, retryWithin(token));
                    return;
                }
                case VaultAnswer.Denied denied -> {
                    if (settle(token) == Verdict.DEAD) {
                        return;
                    }
                    token.setNotRenewable();
                }
                case VaultAnswer.Refused refused -> token.setNotRenewable();
            }
            connection.charge();
        }
        logInAnew(token);
    }

    /** The old token still lives: new leases come from a new one from now on. */
    private void logInAnew(HeldToken old) {
        loginLock.lock();
        try {
            if (current.filter(c -> c == old).isEmpty() || closed) {
                return;
            }
            if (logIn() instanceof Answer.None none) {
                if (none.why() instanceof VaultAnswer.Away) {
                    connection.submit(VaultConnection.Urgency.RENEW, () -> logInAnew(old));
                } else {
                    next = tasks.later(
                            backoff.next(),
                            () -> connection.submit(VaultConnection.Urgency.RENEW, () -> logInAnew(old)));
                }
            }
        } finally {
            loginLock.unlock();
        }
    }

    private Duration retryWithin(HeldToken token) {
        Duration left = Duration.between(tasks.now(), token.expires());
        Duration wait = backoff.next();
        return wait.compareTo(left.dividedBy(4)) > 0 && !left.isNegative() ? left.dividedBy(4) : wait;
    }

    /** What a 403 meant. */
    enum Verdict {
        DEAD,
        POLICY,
        UNKNOWN
    }

    /** Asks Vault about the token itself: refused there means it is dead, and everybody who hangs on it hears so. Blocks. */
    Verdict settle(HeldToken token) {
        if (token.isDead()) {
            return Verdict.DEAD;
        }
        connection.charge();
        VaultAnswer answer = connection.send(VaultRequest.read("auth/token/lookup-self", token.secret()));
        return switch (answer) {
            case VaultAnswer.Ok ok -> Verdict.POLICY;
            case VaultAnswer.Denied denied -> {
                died(token);
                yield Verdict.DEAD;
            }
            default -> Verdict.UNKNOWN;
        };
    }

    private void died(HeldToken token) {
        synchronized (this) {
            if (token.isDead()) {
                return;
            }
            token.setDead();
        }
        LOG.warn("event=vault_token_dead connection={} login={}", connection.name(), login.describe());
        tasks.run(() -> dependents.forEach(d -> d.tokenDied(token)));
    }

    /** A token file's writer replaces the token without telling: its leases follow the new one. */
    private void watchFile() {
        fileCheck.cancel();
        if (closed || current.filter(t -> !t.isOwnedByUs()).isEmpty()) {
            return;
        }
        fileCheck = tasks.later(FILE_CHECK, () -> {
            Optional<HeldToken> inUse = current;
            if (inUse.isPresent() && login.hasNewToken(inUse.get().secret())) {
                connection.submit(VaultConnection.Urgency.RENEW, () -> logInAnew(inUse.get()));
            }
            watchFile();
        });
    }

    /** Called when a lease of the token is over: a replaced token that holds nothing any more is given back. */
    void leaseEnded(HeldToken token) {
        if (token.removeLease()) {
            revokeIfUnused(token);
        }
    }

    private void revokeIfUnused(HeldToken token) {
        boolean useless = (token.isReplaced() || closed) && !token.hasLeases();
        if (useless && token.isOwnedByUs() && !token.isDead() && !token.isBatch()) {
            connection.submit(VaultConnection.Urgency.TIDY, () -> {
                if (!token.hasLeases() && tasks.now().isBefore(token.expires())) {
                    token.setDead();
                    connection.send(VaultRequest.write("auth/token/revoke-self", token.secret(), Map.of()));
                }
            });
        }
    }

    /** No renewals any more; a token of ours goes with its last lease. */
    @Override
    public void close() {
        closed = true;
        next.cancel();
        fileCheck.cancel();
        current.ifPresent(this::revokeIfUnused);
    }

    /** The last request at shutdown: our own token ends now. Blocks. */
    void closeAndRevoke() {
        closed = true;
        next.cancel();
        fileCheck.cancel();
        Optional<HeldToken> last =
                current.filter(t -> t.isOwnedByUs() && !t.isDead() && !t.isBatch() && !t.hasLeases());
        if (last.isPresent()
                && !connection.isAway()
                && tasks.now().isBefore(last.get().expires())) {
            last.get().setDead();
            connection.send(
                    VaultRequest.write("auth/token/revoke-self", last.get().secret(), Map.of()));
        }
    }

    /** Logins count for the connection's state like every other request. */
    private final class Through implements VaultClient {
        @Override
        public VaultAnswer send(VaultRequest request) {
            connection.charge();
            return connection.send(request);
        }

        @Override
        public String address() {
            return connection.client().address();
        }

        @Override
        public void close() {}
    }
}
