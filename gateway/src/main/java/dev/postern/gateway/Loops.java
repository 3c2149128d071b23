package dev.postern.gateway;

import dev.postern.gateway.pool.LoopTimer;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The event loops, each with its janitor; pools are dealt out to them in turn. */
final class Loops {
    /** For the last words of connections that are being closed, and the release of what they hold. */
    private static final long QUIET_MILLIS = 100;

    private final Transport transport;
    private final MultiThreadIoEventLoopGroup group;
    private final List<EventLoop> all = new ArrayList<>();
    private final Map<EventLoop, Janitor> janitors = new IdentityHashMap<>();
    private final AtomicInteger next = new AtomicInteger();

    Loops(Transport transport, int threads) {
        this.transport = transport;
        this.group = transport.newGroup(threads);
        for (EventExecutor executor : group) {
            EventLoop loop = (EventLoop) executor;
            all.add(loop);
            janitors.put(loop, new Janitor(loop));
        }
    }

    Transport transport() {
        return transport;
    }

    MultiThreadIoEventLoopGroup group() {
        return group;
    }

    /** The loop that a new pool lives on. */
    EventLoop deal() {
        return all.get(Math.floorMod(next.getAndIncrement(), all.size()));
    }

    /** The loop of a pool that does not exist yet: always the same for the same key. */
    EventLoop of(Object key) {
        return all.get(Math.floorMod(key.hashCode() * 0x9E3779B9 >>> 16, all.size()));
    }

    /** In a fixed order. */
    List<EventLoop> all() {
        return all;
    }

    Janitor janitor(EventLoop loop) {
        return java.util.Objects.requireNonNull(janitors.get(loop), "not one of these loops");
    }

    /** The loop as its pools see it. */
    static LoopTimer timer(EventLoop loop) {
        return new LoopTimer() {
            @Override
            public long nanoTime() {
                return System.nanoTime();
            }

            @Override
            public void after(Duration delay, Runnable task) {
                loop.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            }
        };
    }

    void shutdown() {
        group.shutdownGracefully(QUIET_MILLIS, 5_000, TimeUnit.MILLISECONDS).syncUninterruptibly();
    }
}
