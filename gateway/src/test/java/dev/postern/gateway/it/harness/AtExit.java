package dev.postern.gateway.it.harness;

import java.util.ArrayDeque;
import java.util.Deque;

/** What must go when the JVM ends, in the reverse order of its making: the JVM's own hooks run all at once. */
final class AtExit {
    private static final Deque<Runnable> ACTIONS = new ArrayDeque<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(AtExit::runAll));
    }

    private AtExit() {}

    static synchronized void run(Runnable action) {
        ACTIONS.push(action);
    }

    private static synchronized void runAll() {
        ACTIONS.forEach(Runnable::run);
    }
}
