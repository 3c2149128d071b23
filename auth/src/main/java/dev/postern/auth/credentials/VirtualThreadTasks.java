package dev.postern.auth.credentials;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One timer thread that only starts virtual threads. */
public final class VirtualThreadTasks implements BackgroundTasks {
    private static final Logger LOG = LoggerFactory.getLogger(VirtualThreadTasks.class);

    private final Instant startedAt = Instant.now();
    private final long startedNanos = System.nanoTime();
    private final ThreadFactory threads = Thread.ofVirtual()
            .name("credentials-", 0)
            .uncaughtExceptionHandler((thread, e) -> LOG.error("credential_task_failed", e))
            .factory();
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("credentials-timer").factory());

    public VirtualThreadTasks() {
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public Instant now() {
        return startedAt.plusNanos(System.nanoTime() - startedNanos);
    }

    @Override
    public void run(Runnable task) {
        threads.newThread(task).start();
    }

    @Override
    public Pending later(Duration delay, Runnable task) {
        if (timer.isShutdown()) {
            return () -> {};
        }
        ScheduledFuture<?> due = timer.schedule(() -> run(task), Math.max(0, delay.toNanos()), TimeUnit.NANOSECONDS);
        return () -> due.cancel(false);
    }

    @Override
    public void close() {
        timer.shutdown();
    }
}
