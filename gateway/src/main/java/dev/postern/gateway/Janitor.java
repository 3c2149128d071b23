package dev.postern.gateway;

import dev.postern.gateway.frontend.SessionPool;
import dev.postern.gateway.protocol.LogKeys;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Visits the pools of one event loop a few times a second. Made on any thread, used on the loop. */
final class Janitor {
    private static final Logger log = LoggerFactory.getLogger(Janitor.class);
    private static final long INTERVAL_MILLIS = 250;

    private final Set<SessionPool> pools = new HashSet<>();
    private final LoopPulse pulse = new LoopPulse(Duration.ofMillis(INTERVAL_MILLIS), System::nanoTime);

    Janitor(EventLoop loop) {
        loop.scheduleWithFixedDelay(this::round, INTERVAL_MILLIS, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
    }

    void add(SessionPool pool) {
        pools.add(pool);
    }

    void remove(SessionPool pool) {
        pools.remove(pool);
    }

    LoopPulse pulse() {
        return pulse;
    }

    private void round() {
        pulse.beat();
        for (SessionPool pool : new ArrayList<>(pools)) {
            try {
                pool.tick();
            } catch (RuntimeException e) { // a task that throws is not scheduled again
                log.atError()
                        .addKeyValue(LogKeys.ROUTE, pool.route())
                        .setCause(e)
                        .log("janitor_error");
            }
        }
    }
}
