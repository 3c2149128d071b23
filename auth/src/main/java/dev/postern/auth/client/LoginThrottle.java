package dev.postern.auth.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Slows brute force down: by address, and by role of a route; never a whole route. A client whose address has logged in as
 * the role before is held back by its own failures only, so that nobody can lock a user out from elsewhere, and a neighbour
 * behind the same NAT does not do so either. Guessing at one role counts for the address only until the role itself is
 * slowed. One for the process; used on all event loops.
 */
public final class LoginThrottle {
    /** An attempt that would wait longer is refused instead of holding a connection open. */
    static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

    private static final int MAXIMUM_SIZE = 100_000;
    /** Characters; PostgreSQL's names have at most 63 bytes. */
    private static final int LONGEST_NAME = 128;

    private static final Duration FORGET = Duration.ofMinutes(30);
    private static final Duration KNOWN = Duration.ofHours(24);

    private final LongAdder delayed = new LongAdder();
    private final ThrottleLimits userLimits;
    private final ThrottleLimits addressLimits;
    private final Ticker ticker;
    private final Cache<Address, Failures> addresses;
    private final Cache<User, Failures> users;
    /** Address and role that have logged in, with their own failures since. */
    private final Cache<Known, Failures> known;

    private record Address(String network) {}

    private record User(String scope, String user) {}

    private record Known(Address address, User user) {}

    /** What becomes of an attempt. */
    public sealed interface Verdict {
        /** Begin after this pause; mostly none. */
        record Go(Duration pause) implements Verdict {}

        record Refuse(Rejection.Throttled why) implements Verdict {}
    }

    public LoginThrottle() {
        this(ThrottleLimits.USER, ThrottleLimits.ADDRESS, Ticker.systemTicker());
    }

    public LoginThrottle(ThrottleLimits userLimits, ThrottleLimits addressLimits) {
        this(userLimits, addressLimits, Ticker.systemTicker());
    }

    LoginThrottle(ThrottleLimits userLimits, ThrottleLimits addressLimits, Ticker ticker) {
        this.userLimits = userLimits;
        this.addressLimits = addressLimits;
        this.ticker = ticker;
        this.addresses = cache(FORGET, ticker);
        this.users = cache(FORGET, ticker);
        this.known = cache(KNOWN, ticker);
    }

    /** A client is about to log in. */
    public Verdict attempt(LoginFacts facts) {
        long now = ticker.read();
        Address address = address(facts);
        User user = user(facts);
        Optional<Failures> own = Optional.ofNullable(known.getIfPresent(new Known(address, user)));
        Optional<Failures> first = own.or(() -> Optional.ofNullable(users.getIfPresent(user)));
        Optional<Failures> second =
                own.isPresent() ? Optional.empty() : Optional.ofNullable(addresses.getIfPresent(address));
        long wait = Math.max(wait(first, now), wait(second, now));
        if (wait > LONGEST_WAIT.toNanos()) {
            return new Verdict.Refuse(new Rejection.Throttled(Duration.ofNanos(wait)));
        }
        first.ifPresent(failures -> failures.attempt(now));
        second.ifPresent(failures -> failures.attempt(now));
        if (wait > 0) {
            delayed.increment();
        }
        return new Verdict.Go(Duration.ofNanos(wait));
    }

    /**
     * Failures that an attempt made now would have to answer for. Attempts that began together were all looked at before the
     * first of them failed: one whose number has grown since is to be looked at again.
     */
    int failures(LoginFacts facts) {
        long now = ticker.read();
        Address address = address(facts);
        User user = user(facts);
        Failures own = known.getIfPresent(new Known(address, user));
        return own != null
                ? own.count(now)
                : count(users.getIfPresent(user), now) + count(addresses.getIfPresent(address), now);
    }

    private static int count(@Nullable Failures failures, long now) {
        return failures == null ? 0 : failures.count(now);
    }

    /** Attempts so far that had to pause before they began; refused ones are not among them. */
    public long delayed() {
        return delayed.sum();
    }

    /** The client could not prove who it is. */
    public void failed(LoginFacts facts) {
        long now = ticker.read();
        Address address = address(facts);
        User user = user(facts);
        Failures own = known.getIfPresent(new Known(address, user));
        if (own != null) {
            own.failed(now);
            return;
        }
        if (count(users, user, userLimits, now)) {
            count(addresses, address, addressLimits, now);
        }
    }

    public void succeeded(LoginFacts facts) {
        long now = ticker.read();
        known.asMap().putIfAbsent(new Known(address(facts), user(facts)), new Failures(userLimits, now));
    }

    private static <K> boolean count(Cache<K, Failures> failures, K key, ThrottleLimits limits, long now) {
        return failures.get(key, k -> new Failures(limits, now)).failed(now);
    }

    private static long wait(Optional<Failures> failures, long now) {
        return failures.map(f -> f.untilNext(now)).orElse(0L);
    }

    /** Databases that no route serves are apart from one another, as those of different routes are. */
    private static User user(LoginFacts facts) {
        return new User(
                facts.route().isEmpty() ? "database " + cut(facts.database()) : "route " + facts.route(),
                cut(facts.user()));
    }

    /** Clients choose these, and what is remembered of a hundred thousand failures must not fill the heap. */
    private static String cut(String name) {
        return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME);
    }

    private static Address address(LoginFacts facts) {
        return switch (facts.address()) {
            case ClientAddress.Inet(InetAddress address) -> new Address(network(address));
            case ClientAddress.UnixSocket(String peerUser) -> new Address("unix " + peerUser);
        };
    }

    /** An IPv6 client has a whole /64 to come from. */
    private static String network(InetAddress address) {
        return address instanceof Inet6Address
                ? Arrays.toString(Arrays.copyOf(address.getAddress(), 8))
                : address.getHostAddress();
    }

    private static <K> Cache<K, Failures> cache(Duration forget, Ticker ticker) {
        return Caffeine.newBuilder()
                .maximumSize(MAXIMUM_SIZE)
                .expireAfterAccess(forget)
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
    }
}
