package dev.postern.gateway.pool;

import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** First in, first out. A ticket that was given up stays in the line until its turn comes and is then passed over. */
final class Waiters<S extends PooledServer> {
    private final ArrayDeque<Ticket<S>> line = new ArrayDeque<>();
    private int waiting;

    Ticket<S> add(Waiter<S> waiter, long now, long deadline) {
        Ticket<S> ticket = new Ticket<>(this, waiter, now, deadline);
        line.addLast(ticket);
        waiting++;
        return ticket;
    }

    @Nullable
    Ticket<S> poll() {
        Ticket<S> head = peek();
        if (head != null) {
            line.removeFirst();
            head.leave();
        }
        return head;
    }

    @Nullable
    Ticket<S> peek() {
        while (!line.isEmpty() && !line.getFirst().waiting()) {
            line.removeFirst();
        }
        return line.peekFirst();
    }

    int size() {
        return waiting;
    }

    void left() {
        waiting--;
    }

    /** Tells those who have waited that long. The line is in order of time: the first that has not ends the search. */
    void notifyLong(long now, long nanos) {
        for (Ticket<S> ticket : line.toArray(new Ticket[0])) {
            if (now - ticket.since() < nanos) {
                return;
            }
            if (ticket.waiting() && ticket.tell()) {
                ticket.waiter().waitsLong();
            }
        }
    }

    /** Takes out those whose time is over. Deadlines differ (a login waits less than a query), so all are looked at. */
    void expire(long now, Consumer<Ticket<S>> expired) {
        if (waiting == 0) {
            line.clear();
            return;
        }
        for (Ticket<S> ticket : line.toArray(new Ticket[0])) {
            if (ticket.waiting() && now - ticket.deadline() >= 0) {
                ticket.leave();
                expired.accept(ticket);
            }
        }
    }
}
