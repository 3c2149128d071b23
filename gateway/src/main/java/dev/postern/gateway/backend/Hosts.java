package dev.postern.gateway.backend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * The hosts of a backend, and what is known of them: one that did not answer in time, or is not of the kind that is wanted,
 * is tried behind the others for a while, so that it does not hold up every new connection.
 * Shared by the pools of a route; safe for all threads.
 */
public final class Hosts {
    /** How long a host that failed is tried last. */
    private static final Duration LAST = Duration.ofSeconds(15);

    private final List<ServerAddress> all;
    private final LoadBalanceHosts balance;
    private final TargetSessionAttrs target;
    private final LongSupplier nanoTime;
    private final AtomicInteger turn = new AtomicInteger();
    private final ConcurrentHashMap<ServerAddress, Long> lastUntil = new ConcurrentHashMap<>();

    /** @param nanoTime the clock, as {@link System#nanoTime} */
    public Hosts(List<ServerAddress> all, LoadBalanceHosts balance, TargetSessionAttrs target, LongSupplier nanoTime) {
        this.all = List.copyOf(all);
        this.balance = balance;
        this.target = target;
        this.nanoTime = nanoTime;
    }

    /** Any of these, in this order. */
    public static Hosts inOrder(List<ServerAddress> all) {
        return new Hosts(all, LoadBalanceHosts.DISABLE, TargetSessionAttrs.ANY, System::nanoTime);
    }

    public TargetSessionAttrs target() {
        return target;
    }

    int size() {
        return all.size();
    }

    /** The order for one new connection. */
    List<ServerAddress> order() {
        List<ServerAddress> order = new ArrayList<>(spread(all));
        if (!lastUntil.isEmpty()) {
            order.sort(java.util.Comparator.comparing(this::isLast)); // stable: false comes first
        }
        return order;
    }

    /** Equals of one another in the order that the balance gives them. */
    <T> List<T> spread(List<T> equals) {
        if (equals.size() < 2 || balance == LoadBalanceHosts.DISABLE) {
            return equals;
        }
        List<T> order = new ArrayList<>(equals);
        if (balance == LoadBalanceHosts.RANDOM) {
            Collections.shuffle(order, ThreadLocalRandom.current());
        } else {
            Collections.rotate(order, -Math.floorMod(turn.getAndIncrement(), order.size()));
        }
        return order;
    }

    private boolean isLast(ServerAddress address) {
        Long until = lastUntil.get(address);
        return until != null && nanoTime.getAsLong() - until < 0;
    }

    /** It did not answer in time, or is of another kind than the one that is wanted. */
    void failed(ServerAddress address) {
        lastUntil.put(address, nanoTime.getAsLong() + LAST.toNanos());
    }

    void succeeded(ServerAddress address) {
        lastUntil.remove(address);
    }

    /** Hosts that are tried last now. */
    public List<ServerAddress> avoided() {
        return all.stream().filter(this::isLast).toList();
    }
}
