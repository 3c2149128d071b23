package dev.postern.gateway.pool;

import java.time.Duration;

/** The pool's loop as a clock and a timer. */
public interface LoopTimer {
    /** Monotonic nanoseconds. */
    long nanoTime();

    /** Runs the task on the loop after the delay. */
    void after(Duration delay, Runnable task);
}
