package dev.postern.gateway.console;

import dev.postern.gateway.pool.ClientFacts;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** The console's own clients, and what they have asked. Safe for use by all threads. */
public final class ConsoleClients {
    private final Set<ConsoleHandler> handlers = ConcurrentHashMap.newKeySet();
    private final LongAdder queries = new LongAdder();
    private final LongAdder queryMicros = new LongAdder();
    private final LongAdder received = new LongAdder();
    private final LongAdder sent = new LongAdder();

    void add(ConsoleHandler handler) {
        handlers.add(handler);
    }

    void remove(ConsoleHandler handler) {
        handlers.remove(handler);
    }

    void asked(long micros) {
        queries.increment();
        queryMicros.add(micros);
    }

    void received(long bytes) {
        received.add(bytes);
    }

    void sent(long bytes) {
        sent.add(bytes);
    }

    public int size() {
        return handlers.size();
    }

    public List<ClientFacts> facts() {
        return handlers.stream().map(ConsoleHandler::facts).toList();
    }

    public Counters counters() {
        long count = queries.sum();
        long time = queryMicros.sum();
        return new Counters(0, count, count, received.sum(), sent.sum(), time, time, 0, 0, 0, 0);
    }

    /** KILL_CLIENT; whether there is such a client. */
    public boolean kill(long id) {
        for (ConsoleHandler handler : handlers) {
            if (handler.id() == id) {
                handler.kill();
                return true;
            }
        }
        return false;
    }
}
