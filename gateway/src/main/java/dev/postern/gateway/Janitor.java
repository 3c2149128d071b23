package dev.postern.gateway;

import dev.postern.gateway.frontend.SessionPool;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Visits the pools of one event loop a few times a second. Made on any thread, used on the loop. */
final class Janitor {
    private static final long INTERVAL_MILLIS = 250;

    private final Set<SessionPool> pools = new HashSet<>();

    Janitor(EventLoop loop) {
        loop.scheduleWithFixedDelay(this::round, INTERVAL_MILLIS, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
    }

    void add(SessionPool pool) {
        pools.add(pool);
    }

    void remove(SessionPool pool) {
        pools.remove(pool);
    }

    private void round() {
        for (SessionPool pool : new ArrayList<>(pools)) {
            pool.tick();
        }
    }
}
