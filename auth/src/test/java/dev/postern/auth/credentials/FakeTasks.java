package dev.postern.auth.credentials;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.PriorityQueue;

/** A clock that tests turn by hand; tasks run on the test's own thread, in the order of their time. */
public final class FakeTasks implements BackgroundTasks {
    private record Timed(Instant at, long order, Runnable task) {}

    private final PriorityQueue<Timed> later =
            new PriorityQueue<>(Comparator.comparing(Timed::at).thenComparing(Timed::order));
    private final Deque<Runnable> ready = new ArrayDeque<>();
    private Instant now = Instant.parse("2026-01-02T03:04:05Z");
    private long order;
    private boolean draining;

    @Override
    public Instant now() {
        return now;
    }

    @Override
    public void run(Runnable task) {
        ready.add(task);
    }

    @Override
    public Pending later(Duration delay, Runnable task) {
        Timed timed = new Timed(now.plus(delay.isNegative() ? Duration.ZERO : delay), order++, task);
        later.add(timed);
        return () -> later.remove(timed);
    }

    /** Runs what is ready now. */
    public void settle() {
        advance(Duration.ZERO);
    }

    /** Turns the clock on, stopping at every task that comes due. */
    public void advance(Duration by) {
        Instant end = now.plus(by);
        drain();
        while (!later.isEmpty() && !later.peek().at().isAfter(end)) {
            Timed due = later.remove();
            now = due.at().isAfter(now) ? due.at() : now;
            due.task().run();
            drain();
        }
        now = end;
    }

    /** A fake of something slow moves the clock from within a task. */
    public void takesTime(Duration time) {
        now = now.plus(time);
    }

    private void drain() {
        if (draining) {
            return;
        }
        draining = true;
        try {
            for (Runnable task = ready.poll(); task != null; task = ready.poll()) {
                task.run();
            }
        } finally {
            draining = false;
        }
    }

    public int pending() {
        return later.size();
    }

    @Override
    public void close() {
        later.clear();
        ready.clear();
    }
}
