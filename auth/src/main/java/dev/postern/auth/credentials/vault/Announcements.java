package dev.postern.auth.credentials.vault;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What others are to be told: noted under the teller's lock, told without it, one after the other and in order, whichever
 * threads do it.
 */
final class Announcements {
    private final Deque<Runnable> news = new ArrayDeque<>();
    private boolean telling;

    synchronized void add(Runnable announcement) {
        news.add(announcement);
    }

    /** Returns when nothing is left, or somebody else is telling. The caller holds no lock. */
    void tell() {
        while (true) {
            Runnable next;
            synchronized (this) {
                if (telling || news.isEmpty()) {
                    return;
                }
                telling = true;
                next = news.remove();
            }
            try {
                next.run();
            } finally {
                synchronized (this) {
                    telling = false;
                }
            }
        }
    }
}
