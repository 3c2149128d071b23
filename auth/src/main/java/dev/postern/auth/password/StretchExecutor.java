package dev.postern.auth.password;

import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * Where PBKDF2 runs: virtual threads, a few at a time, so that a storm of logins cannot take every core from the traffic.
 * One for the process.
 */
public final class StretchExecutor implements Executor {
    private final Semaphore running;

    /** @param parallelism how many run at once, at least 1 */
    public StretchExecutor(int parallelism) {
        running = new Semaphore(parallelism);
    }

    /** Half the cores, at least one. */
    public static StretchExecutor forThisMachine() {
        return new StretchExecutor(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
    }

    @Override
    public void execute(Runnable work) {
        Thread.ofVirtual().name("postern-password-", 0).start(() -> {
            running.acquireUninterruptibly();
            try {
                work.run();
            } finally {
                running.release();
            }
        });
    }
}
