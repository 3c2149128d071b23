package dev.postern.gateway.logging;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.event.KeyValuePair;

/**
 * Between those who log and the thread that writes. Nobody waits: when the queue is full events are dropped. They are counted,
 * and the log itself tells of them as soon as there is room again. Safe for use by all threads.
 */
final class LogQueue extends AsyncAppender {
    private static final String DROPPED = "log_events_dropped";
    private static final String EVENTS = "events";

    /** Of this name, with all queues that had it before. */
    private final LongAdder dropped;

    private final Logger logger;
    /** Guarded by this. */
    private long told;

    private volatile boolean silent;

    /** @param logger in whose name the log tells of what it has lost */
    LogQueue(Logger logger, LongAdder dropped) {
        this.logger = logger;
        this.dropped = dropped;
        this.told = dropped.sum();
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (getRemainingCapacity() == 0) {
            drop();
            return;
        }
        if (silent && getRemainingCapacity() > getQueueSize() / 2) {
            tell();
        }
        super.append(event);
    }

    /** Asked only when the queue is short of room. */
    @Override
    protected boolean isDiscardable(ILoggingEvent event) {
        boolean discardable = super.isDiscardable(event);
        if (discardable) {
            drop();
        }
        return discardable;
    }

    private void drop() {
        dropped.increment();
        silent = true;
    }

    private void tell() {
        LoggingEvent event = new LoggingEvent(LogQueue.class.getName(), logger, Level.WARN, DROPPED, null, null);
        synchronized (this) {
            long sum = dropped.sum();
            if (sum == told) {
                return;
            }
            event.addKeyValuePair(new KeyValuePair(EVENTS, sum - told));
            told = sum;
            silent = false;
        }
        super.append(event);
    }
}
