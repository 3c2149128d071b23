package dev.postern.auth.client;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.postern.auth.password.Md5Hash;
import dev.postern.auth.password.ScramVerifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Users as a database knows them (PgBouncer's auth_query). Answers are remembered within bounds; one look-up for a user is
 * under way at a time; after a failed proof the user is looked up once more, at a limited rate, and a look-up that fails then
 * does not displace what was known. Names that have not been found before take at most half of the look-ups: whoever makes up
 * names does not keep out those who have one.
 */
public final class AuthQueryUserStore implements UserStore {
    /** PostgreSQL's NAMEDATALEN less its zero: a longer name would be cut to that of another role. */
    private static final int MAX_NAME_BYTES = 63;

    private final AuthQueryPort port;
    private final AuthQueryLimits limits;
    private final Semaphore underWay;
    /** Of those the look-ups for names that may be made up. */
    private final Semaphore ofStrangers;

    /** Users that were found once. */
    private final Cache<String, Boolean> acquainted;

    private final AsyncCache<String, Lookup> lookups;
    /** Users looked up again a short while ago. */
    private final Cache<String, Boolean> again;
    /** Whether the last user that was found has an md5 hash alone. */
    private volatile boolean md5;

    public AuthQueryUserStore(AuthQueryPort port, AuthQueryLimits limits) {
        this(port, limits, Ticker.systemTicker());
    }

    AuthQueryUserStore(AuthQueryPort port, AuthQueryLimits limits, Ticker ticker) {
        this.port = port;
        this.limits = limits;
        this.underWay = new Semaphore(limits.maximumUnderWay());
        this.ofStrangers = new Semaphore(Math.max(1, limits.maximumUnderWay() / 2));
        this.acquainted = Caffeine.newBuilder()
                .maximumSize(limits.maximumSize())
                .executor(Runnable::run)
                .build();
        this.lookups = Caffeine.newBuilder()
                .maximumSize(limits.maximumSize())
                .expireAfter(Expiry.<String, Lookup>writing((user, lookup) -> lifetime(lookup)))
                .ticker(ticker)
                .executor(Runnable::run)
                .buildAsync();
        this.again = Caffeine.newBuilder()
                .maximumSize(limits.maximumSize())
                .expireAfterWrite(limits.lookAgain())
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
    }

    private Duration lifetime(Lookup lookup) {
        return switch (lookup) {
            case Lookup.Found found -> limits.found();
            case Lookup.Unknown unknown -> limits.unknown();
            case Lookup.Failed failed -> limits.failed();
            case Lookup.Pending pending -> Duration.ZERO;
        };
    }

    @Override
    public boolean keepsMd5() {
        return md5;
    }

    @Override
    public Lookup find(String user) {
        if (user.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
            return new Lookup.Unknown();
        }
        CompletableFuture<Lookup> lookup = lookups.get(user, (name, executor) -> ask(name));
        return lookup.isDone() ? lookup.join() : new Lookup.Pending(lookup);
    }

    @Override
    public boolean lookAgain(String user) {
        CompletableFuture<Lookup> remembered = lookups.getIfPresent(user);
        if (remembered == null || !remembered.isDone()) {
            return false;
        }
        if (again.asMap().putIfAbsent(user, Boolean.TRUE) != null) {
            return false;
        }
        Lookup before = remembered.join();
        lookups.put(user, ask(user).thenApply(newer -> newer instanceof Lookup.Failed ? before : newer));
        return true;
    }

    private CompletableFuture<Lookup> ask(String user) {
        boolean stranger = acquainted.getIfPresent(user) == null;
        if (stranger && !ofStrangers.tryAcquire()) {
            return busy("for users that were not found before");
        }
        if (!underWay.tryAcquire()) {
            if (stranger) {
                ofStrangers.release();
            }
            return busy("");
        }
        CompletableFuture<Lookup> answer;
        try {
            answer = port.lookUp(user)
                    .handle((row, failure) -> judge(user, row, failure))
                    .toCompletableFuture();
        } catch (RuntimeException e) {
            answer = CompletableFuture.completedFuture(failed(e));
        }
        return answer.whenComplete((lookup, failure) -> {
            underWay.release();
            if (stranger) {
                ofStrangers.release();
            }
            if (lookup instanceof Lookup.Found) {
                acquainted.put(user, Boolean.TRUE);
            } else if (lookup instanceof Lookup.Unknown) {
                acquainted.invalidate(user);
            }
        });
    }

    private static CompletableFuture<Lookup> busy(String which) {
        return CompletableFuture.completedFuture(
                new Lookup.Failed("too many auth_query look-ups " + which + " are under way already"));
    }

    private Lookup judge(String user, @Nullable Optional<AuthQueryRow> row, @Nullable Throwable failure) {
        if (row == null) {
            return failed(failure);
        }
        // A query that answers for somebody else must not let anyone in as the one who asked.
        return row.filter(found -> found.user().filter(user::equals).isPresent())
                .<Lookup>map(found -> new Lookup.Found(stored(found)))
                .orElseGet(Lookup.Unknown::new);
    }

    private static Lookup failed(@Nullable Throwable failure) {
        String why = failure == null || failure.getMessage() == null ? "no reason given" : failure.getMessage();
        return new Lookup.Failed("auth_query failed: " + why);
    }

    private StoredPassword stored(AuthQueryRow row) {
        String text = row.password().orElse("");
        Optional<ScramVerifier> verifier = ScramVerifier.parse(text);
        // Whoever runs the database must not keep our processors busy with passwords.
        Optional<ScramVerifier> scram = verifier.filter(v -> v.iterations() <= ScramVerifier.MAX_ITERATIONS);
        Optional<Md5Hash> hash = Md5Hash.parse(text);
        if (!text.isEmpty()) {
            md5 = hash.isPresent();
        }
        Optional<Instant> validUntil = validUntil(row.validUntil());
        String unusable = "";
        if (!row.canLogin()) {
            unusable = "the role is NOLOGIN";
        } else if (text.isEmpty()) {
            unusable = "the role has no password";
        } else if (verifier.isPresent() && scram.isEmpty()) {
            unusable = "its verifier asks for " + verifier.get().iterations() + " iterations, more than "
                    + ScramVerifier.MAX_ITERATIONS;
        } else if (scram.isEmpty() && hash.isEmpty()) {
            unusable = "what auth_query returned is neither a SCRAM verifier nor an md5 hash";
        } else if (validUntil.isEmpty()) {
            unusable = "what auth_query returned as VALID UNTIL is no number of seconds";
        }
        return new StoredPassword(scram, hash, validUntil.orElse(StoredPassword.FOREVER), row.privileged(), unusable);
    }

    /** Empty when it cannot be read: then nobody gets in, rather than everybody for ever. */
    private static Optional<Instant> validUntil(Optional<String> seconds) {
        if (seconds.isEmpty()) {
            return Optional.of(StoredPassword.FOREVER);
        }
        try {
            double epoch = Double.parseDouble(seconds.get());
            if (Double.isNaN(epoch)) {
                return Optional.empty();
            }
            if (epoch >= Instant.MAX.getEpochSecond()) {
                return Optional.of(StoredPassword.FOREVER);
            }
            if (epoch <= Instant.MIN.getEpochSecond()) {
                return Optional.of(Instant.MIN);
            }
            return Optional.of(Instant.ofEpochMilli(Math.round(epoch * 1000)));
        } catch (NumberFormatException notANumber) {
            return Optional.empty();
        }
    }
}
