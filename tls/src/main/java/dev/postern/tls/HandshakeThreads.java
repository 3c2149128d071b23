package dev.postern.tls;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads for the handshakes that cost too much for an event loop: an RSA signature (0.5 to 4 ms), and the verification
 * of a certificate by the JDK. They are half as many as there are cores, shared by the whole process, and go away when
 * there is nothing to do; everything else stays on the loop, where a handshake is cheaper.
 */
final class HandshakeThreads implements Executor {
    static final HandshakeThreads SHARED =
            new HandshakeThreads(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));

    private static final long KEEP_ALIVE_SECONDS = 10;
    /** Tasks that wait for each thread before no further handshake is begun. */
    private static final int ENOUGH = 2;

    private final ThreadPoolExecutor pool;

    private HandshakeThreads(int threads) {
        pool = new ThreadPoolExecutor(
                threads,
                threads,
                KEEP_ALIVE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory("tls-handshake", true));
        pool.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable task) {
        pool.execute(task);
    }

    /** Whether what waits already will keep the threads busy for a while. */
    boolean isBusy() {
        return pool.getQueue().size() >= ENOUGH * pool.getCorePoolSize();
    }
}
