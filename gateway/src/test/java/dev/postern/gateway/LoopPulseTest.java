package dev.postern.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LoopPulseTest {
    private final AtomicLong clock = new AtomicLong(-5_000_000_000L); // a monotonic clock may be negative
    private final LoopPulse pulse = new LoopPulse(Duration.ofMillis(250), clock::get);

    @Test
    void hasNoLagWhileBeatsAreOnTime() {
        beatAfter(250);
        beatAfter(240);
        assertThat(pulse.lag()).isZero();
        assertThat(pulse.silence()).isZero();
    }

    @Test
    void remembersTheLatestBeat() {
        beatAfter(250);
        beatAfter(750);
        beatAfter(250);
        assertThat(pulse.lag()).hasMillis(500);
    }

    @Test
    void forgetsALateBeatAfterHalfAMinute() {
        beatAfter(750);
        for (int i = 0; i < 100; i++) {
            beatAfter(250);
        }
        assertThat(pulse.lag()).isPositive();
        for (int i = 0; i < 30; i++) {
            beatAfter(250);
        }
        assertThat(pulse.lag()).isZero();
    }

    @Test
    void countsABeatThatHasNotCome() {
        beatAfter(250);
        pass(6000);
        assertThat(pulse.silence()).hasSeconds(6);
        assertThat(pulse.lag()).hasMillis(5750);
    }

    private void beatAfter(long millis) {
        pass(millis);
        pulse.beat();
    }

    private void pass(long millis) {
        clock.addAndGet(Duration.ofMillis(millis).toNanos());
    }
}
