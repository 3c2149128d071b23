package dev.postern.tls;

import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets one handshake begin in each turn of an event loop. The first flight costs a fifth of a millisecond and more; a
 * storm of clients would otherwise put dozens of them between two reads of a running query. In turns, whatever is ready
 * to be read comes first, and a loop with nothing else to do begins one after the other without a pause. Those that wait
 * hold their ClientHello and nothing else. Confined to its loop.
 */
final class HandshakeTurns {
    private static final Logger log = LoggerFactory.getLogger(HandshakeTurns.class);

    /** How long to leave the threads of {@link HandshakeThreads} alone once they have enough to do, or the limit is reached; in milliseconds. */
    private static final long BUSY_PAUSE = 1;

    private final EventExecutor loop;
    private final BooleanSupplier busy;
    private final Handshakes handshakes;
    private final Queue<BooleanSupplier> waiting = new ArrayDeque<>();
    private boolean taken;

    /**
     * @param busy whether those that began before are still being worked on elsewhere
     * @param handshakes those under way; while they are as many as may be, none begins
     */
    HandshakeTurns(EventExecutor loop, BooleanSupplier busy, Handshakes handshakes) {
        this.loop = loop;
        this.busy = busy;
        this.handshakes = handshakes;
    }

    /** @param begin says whether it did begin: a client that has left takes no turn */
    void submit(BooleanSupplier begin) {
        waiting.add(begin);
        handshakes.waits();
        if (!taken) {
            turn();
        }
    }

    int waiting() {
        return waiting.size();
    }

    private void turn() {
        taken = false;
        if (waiting.isEmpty()) {
            return;
        }
        taken = true;
        if (busy.getAsBoolean() || handshakes.full()) {
            loop.schedule(this::turn, BUSY_PAUSE, TimeUnit.MILLISECONDS);
            return;
        }
        beginOne();
        // A scheduled task, not one for right now: the loop reads and writes before it looks at those again.
        loop.schedule(this::turn, 1, TimeUnit.NANOSECONDS);
    }

    private void beginOne() {
        boolean begun = false;
        while (!begun && !waiting.isEmpty()) {
            handshakes.waitsNoMore();
            begun = begin(waiting.remove());
        }
    }

    private static boolean begin(BooleanSupplier next) {
        try {
            return next.getAsBoolean();
        } catch (RuntimeException e) {
            // It must not take the turns of the others with it.
            log.atError().setCause(e).log("tls.handshake_not_begun");
            return false;
        }
    }
}
