package dev.postern.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RouteRuntimeTest {
    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    void aPoolOfADatabaseThatClientsChooseGoesAfterItsTime() {
        assertThat(RouteRuntime.isLongEnough(Duration.ofMinutes(59), HOUR, false))
                .isFalse();
        assertThat(RouteRuntime.isLongEnough(HOUR, HOUR, false)).isTrue();
        assertThat(RouteRuntime.isLongEnough(Duration.ofDays(9), Duration.ZERO, false))
                .isFalse();
    }

    @Test
    void aPoolThatNeverHadAServerGoesAfterAMinute() {
        assertThat(RouteRuntime.isLongEnough(Duration.ofSeconds(59), HOUR, true))
                .isFalse();
        assertThat(RouteRuntime.isLongEnough(Duration.ofMinutes(1), HOUR, true)).isTrue();
        assertThat(RouteRuntime.isLongEnough(Duration.ofMinutes(1), Duration.ZERO, true))
                .isTrue();
        assertThat(RouteRuntime.isLongEnough(Duration.ofSeconds(5), Duration.ofSeconds(5), true))
                .isTrue();
    }
}
