package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Backoff;
import dev.postern.auth.credentials.CredentialLogKeys;
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
final class TokenKeeper implements AutoCloseable, TokenTender.Keeper {
    private static final Logger LOG = LoggerFactory.getLogger(TokenKeeper.class);

    /** A token with less left than this makes no new lease. */
    private static final Duration TOO_SHORT = Duration.ofSeconds(2);

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofSeconds(30);

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
    private final TokenTender tender;
    private final Backoff backoff;
    private final List<Dependent> dependents = new CopyOnWriteArrayList<>();

    /** Held across a login, so that everybody who needs a token waits for the same one. Only virtual threads wait here. */
    private final ReentrantLock loginLock = new ReentrantLock();

    private volatile Optional<HeldToken> current = Optional.empty();
    private Instant noLoginBefore;
    private Optional<VaultAnswer> lastRefusal = Optional.empty();
    private volatile boolean closed;

    TokenKeeper(VaultConnection connection, VaultLogin login, BackgroundTasks tasks, RandomGenerator random) {
        this.connection = connection;
        this.login = login;
        this.tasks = tasks;
        this.tender = new TokenTender(connection, tasks, random, this);
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
                    LOG.atWarn()
                            .addKeyValue(CredentialLogKeys.CONNECTION, connection.name())
                            .addKeyValue(CredentialLogKeys.LOGIN, login.describe())
                            .addKeyValue(CredentialLogKeys.DETAIL, out.answer().problem())
                            .log("vault_login_failed");
                }
                yield new Answer.None(out.answer());
            }
        };
    }

    private HeldToken adopt(VaultLogin.Result.LoggedIn in, Instant sent) {
        Optional<HeldToken> same = current.filter(t -> !t.isDead() && t.secret().equals(in.token()));
        if (same.isPresent()) {
            // A token from outside that is still the same one: only its end may have moved.
            extended(same.get(), sent, in.ttl());
            tender.tend(same.get());
            return same.get();
        }
        HeldToken token = new HeldToken(in, sent);
        use(token);
        return token;
    }

    @Override
    public void extended(HeldToken token, Instant sent, Duration granted) {
        token.setExpires(granted.isZero() ? Instant.MAX : sent.plus(granted));
        tasks.run(() -> dependents.forEach(d -> d.tokenExtended(token)));
    }

    private void use(HeldToken token) {
        Optional<HeldToken> old = current;
        current = Optional.of(token);
        LOG.atInfo()
                .addKeyValue(CredentialLogKeys.CONNECTION, connection.name())
                .addKeyValue(CredentialLogKeys.LOGIN, login.describe())
                .addKeyValue(CredentialLogKeys.TTL, token.ttl().toSeconds())
                .log("vault_login");
        tender.tend(token);
        old.ifPresent(this::retire);
    }

    private void retire(HeldToken old) {
        old.setReplaced();
        if (!old.isDead()) {
            tasks.run(() -> dependents.forEach(d -> d.tokenReplaced(old)));
            revokeIfUnused(old);
        }
    }

    /** The old token still lives: new leases come from a new one from now on. */
    @Override
    public Answer replace(HeldToken old) {
        loginLock.lock();
        try {
            Optional<HeldToken> inUse = current.filter(c -> c != old);
            if (inUse.isPresent()) {
                return new Answer.Live(inUse.get());
            }
            return closed ? new Answer.None(new VaultAnswer.Failed(0, "closed")) : logIn();
        } finally {
            loginLock.unlock();
        }
    }

    @Override
    public boolean hasNew(HeldToken inUse) {
        return current.filter(c -> c == inUse).isPresent() && login.hasNewToken(inUse.secret());
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    /** What a 403 meant. */
    enum Verdict {
        DEAD,
        POLICY,
        UNKNOWN
    }

    /** Asks Vault about the token itself: refused there means it is dead, and everybody who hangs on it hears so. Blocks. */
    @Override
    public Verdict settle(HeldToken token) {
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
        LOG.atWarn()
                .addKeyValue(CredentialLogKeys.CONNECTION, connection.name())
                .addKeyValue(CredentialLogKeys.LOGIN, login.describe())
                .log("vault_token_dead");
        tasks.run(() -> dependents.forEach(d -> d.tokenDied(token)));
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
        tender.stop();
        current.ifPresent(this::revokeIfUnused);
    }

    /** The last request at shutdown: our own token ends now. Blocks. */
    void closeAndRevoke() {
        closed = true;
        tender.stop();
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
