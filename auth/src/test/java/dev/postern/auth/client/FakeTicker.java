package dev.postern.auth.client;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;

/** Time that passes when told to. */
final class FakeTicker implements Ticker {
    private long nanos;

    void pass(Duration time) {
        nanos += time.toNanos();
    }

    @Override
    public long read() {
        return nanos;
    }
}
