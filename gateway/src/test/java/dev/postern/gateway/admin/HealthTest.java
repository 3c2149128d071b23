package dev.postern.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class HealthTest {
    private static LoopReport loop(int number, long silentSeconds) {
        return new LoopReport(number, Duration.ofSeconds(silentSeconds), Duration.ZERO);
    }

    @Test
    void isAliveWhileEveryLoopAnswers() {
        assertThat(Health.of(List.of(loop(0, 0), loop(1, 5)))).isEqualTo(new Health(true, "ok"));
    }

    @Test
    void isNotAliveWhenALoopIsStuck() {
        assertThat(Health.of(List.of(loop(0, 0), loop(1, 7))))
                .isEqualTo(new Health(false, "event loop 1 has not answered for 7 s"));
    }
}
