package dev.postern.auth.credentials;

import java.time.Duration;
import java.time.Instant;

/** Time and threads of the credential sources, so that tests can turn the clock. Tasks may block; each has its own virtual thread. */
public interface BackgroundTasks extends AutoCloseable {
    /** Monotonic: deadlines do not move when the wall clock is set. */
    Instant now();

    /** Runs the task as soon as a thread is there. */
    void run(Runnable task);

    /** Runs the task after the delay, unless it is cancelled first. */
    Pending later(Duration delay, Runnable task);

    /** A task that has not begun. */
    interface Pending {
        /** Does nothing where the task has begun already. */
        void cancel();
    }

    /** Drops what has not begun. */
    @Override
    void close();
}
