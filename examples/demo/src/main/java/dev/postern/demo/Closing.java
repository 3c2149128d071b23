package dev.postern.demo;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What has to be closed when the demo ends, the last first. What comes after the end began is closed at once, so a Ctrl-C
 * in the middle of the start leaves nothing behind. Used by the thread that starts and the one that ends.
 */
final class Closing implements AutoCloseable {
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private boolean closed;

    synchronized <T extends AutoCloseable> T add(T opened) throws Exception {
        if (closed) {
            opened.close();
        } else {
            open.push(opened);
        }
        return opened;
    }

    /** Closes everything; a failure does not keep the rest open. */
    @Override
    public synchronized void close() {
        closed = true;
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception failure) {
                System.err.println("postern demo: while ending: " + failure);
            }
        }
    }
}
