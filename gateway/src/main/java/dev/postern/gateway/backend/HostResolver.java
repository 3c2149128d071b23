package dev.postern.gateway.backend;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * Host names to addresses, asked anew once an answer is older than the TTL; never on the caller's thread. Several askers
 * of one name share one question. The JDK's own cache must be off ({@code networkaddress.cache.ttl=0}), as the gateway's
 * start sees to.
 */
public final class HostResolver {
    /** Looks a name up; blocks. */
    public interface Lookup {
        List<InetAddress> lookup(String host) throws UnknownHostException;
    }

    private final Lookup lookup;
    private final Executor blocking;
    private final long ttlNanos;
    private final LongSupplier nanoTime;
    private final ConcurrentHashMap<String, Answer> answers = new ConcurrentHashMap<>();

    private record Answer(CompletableFuture<List<InetAddress>> addresses, long askedAt) {}

    public HostResolver(Lookup lookup, Executor blocking, Duration ttl, LongSupplier nanoTime) {
        this.lookup = lookup;
        this.blocking = blocking;
        this.ttlNanos = ttl.toNanos();
        this.nanoTime = nanoTime;
    }

    /** The addresses in the resolver's order; fails with {@link UnknownHostException}. Completes on any thread. */
    public CompletableFuture<List<InetAddress>> resolve(String host) {
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        if (literal != null) {
            try {
                return CompletableFuture.completedFuture(List.of(InetAddress.getByAddress(host, literal)));
            } catch (UnknownHostException e) {
                return CompletableFuture.failedFuture(e);
            }
        }
        return answers.compute(host, (name, known) -> known != null && isFresh(known) ? known : ask(name))
                .addresses();
    }

    /** A name whose addresses are known. */
    public record Known(String name, long secondsLeft, List<String> addresses) {}

    /** What is remembered now, by name. */
    public List<Known> known() {
        List<Known> known = new java.util.ArrayList<>();
        answers.forEach((name, answer) -> {
            if (answer.addresses().isDone() && !answer.addresses().isCompletedExceptionally()) {
                long left = Math.max(0, ttlNanos - (nanoTime.getAsLong() - answer.askedAt()));
                known.add(new Known(
                        name,
                        left / 1_000_000_000,
                        answer.addresses().join().stream()
                                .map(InetAddress::getHostAddress)
                                .toList()));
            }
        });
        known.sort(java.util.Comparator.comparing(Known::name));
        return known;
    }

    private boolean isFresh(Answer answer) {
        return !answer.addresses().isCompletedExceptionally() && nanoTime.getAsLong() - answer.askedAt() < ttlNanos;
    }

    private Answer ask(String host) {
        CompletableFuture<List<InetAddress>> addresses = new CompletableFuture<>();
        blocking.execute(() -> {
            try {
                addresses.complete(lookup.lookup(host));
            } catch (UnknownHostException | RuntimeException e) {
                addresses.completeExceptionally(e);
            }
        });
        return new Answer(addresses, nanoTime.getAsLong());
    }
}
