package dev.postern.gateway.relay;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What requests in flight change: names of the client's, and which statements the server holds. An error makes the server
 * read over the rest of its part of the pipeline, up to the Sync, and not over later parts: what an earlier part changes is
 * not certain before that part is answered.
 */
final class UnansweredChanges {
    /** With more of them nothing more is sent until all is answered. */
    private static final int MOST = 1000;

    private final Link link;
    /** The number of the part for each {@link StatementName} and {@link PreparedStatement} that is changed. */
    private @Nullable Map<Object, Integer> parts;

    private int part;
    /** ReadyForQuery is to come for something that was sent: behind it the server may be in a failed transaction. */
    private boolean partsAhead;

    UnansweredChanges(Link link) {
        this.link = link;
    }

    /** A change of it is in flight. */
    void add(Object changed) {
        if (parts == null) {
            parts = new HashMap<>();
        }
        parts.put(changed, part);
        if (parts.size() > MOST) {
            link.waitsForAll();
        }
    }

    /** Sync, or another request whose failure makes the server read over nothing that comes behind it. */
    void ahead(boolean sync) {
        if (sync) {
            part++;
        }
        partsAhead = true;
    }

    /** Whether {@link #isUncertain} can be true of anything. */
    boolean mayBeUncertain() {
        return parts != null && !parts.isEmpty();
    }

    /** Whether what it is now depends on whether an earlier part fails. A server that takes COPY data waits for the client. */
    boolean isUncertain(Object what) {
        if (parts == null || link.copyingIn) {
            return false;
        }
        if (link.nothingInFlight()) {
            parts.clear();
            return false;
        }
        Integer changed = parts.get(what);
        return changed != null && changed != part;
    }

    /** Whether the server may refuse what comes next, since it is in a failed transaction then. */
    boolean isTransactionUncertain() {
        partsAhead &= !link.nothingInFlight();
        return partsAhead || link.isInFailedTransaction();
    }

    /** Whether ReadyForQuery is still to come before the answer to what is sent next. */
    boolean isAnyPartAhead() {
        partsAhead &= !link.nothingInFlight();
        return partsAhead && !link.copyingIn;
    }
}
