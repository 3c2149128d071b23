package dev.postern.gateway.it.harness;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * Watches the memory that Netty's allocators of this process hold, sampled on a thread of its own: the wire client uses
 * none of it, so what grows is the gateway's.
 */
public final class MemoryWatch implements AutoCloseable {
    private static final long SAMPLE_NANOS = 2_000_000;

    private final long before = used();
    private volatile long peak = before;
    private volatile boolean going = true;

    private MemoryWatch() {}

    public static MemoryWatch start() {
        MemoryWatch watch = new MemoryWatch();
        Thread.ofPlatform().daemon().name("memory-watch").start(watch::sample);
        return watch;
    }

    /** Bytes of the peak since the start above what was held at the start. */
    public long growth() {
        return Math.max(peak, used()) - before;
    }

    private void sample() {
        while (going) {
            peak = Math.max(peak, used());
            LockSupport.parkNanos(SAMPLE_NANOS);
        }
    }

    private static long used() {
        return Set.of(ByteBufAllocator.DEFAULT, PooledByteBufAllocator.DEFAULT, UnpooledByteBufAllocator.DEFAULT)
                .stream()
                .mapToLong(MemoryWatch::used)
                .sum();
    }

    private static long used(ByteBufAllocator allocator) {
        if (allocator instanceof ByteBufAllocatorMetricProvider provider) {
            return provider.metric().usedDirectMemory() + provider.metric().usedHeapMemory();
        }
        throw new IllegalStateException("no metric for " + allocator);
    }

    @Override
    public void close() {
        going = false;
    }
}
