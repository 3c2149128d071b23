package dev.postern.gateway.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "0, PT0S, 0",
        "0s, PT0S, 0",
        "500ms, PT0.5S, 500ms",
        "15s, PT15S, 15s",
        "2m30s, PT2M30S, 2m30s",
        "90m, PT1H30M, 1h30m",
        "1h, PT1H, 1h",
        "1d12h, PT36H, 1d12h",
        "36500d, PT876000H, 36500d",
    })
    void readsAndPrints(String text, Duration duration, String printed) {
        assertThat(Durations.parse(text)).isEqualTo(duration);
        assertThat(Durations.print(duration)).isEqualTo(printed);
        assertThat(Durations.parse(printed)).isEqualTo(duration);
    }

    @ParameterizedTest
    @CsvSource({
        "30, has no unit",
        "'', is not a duration",
        "-1s, is not a duration",
        "1.5s, is not a duration",
        "1y, is not a duration",
        "1 s, is not a duration",
        "1S, is not a duration",
        "36501d, is longer than 36500d",
        "999999999999d, is longer than 36500d",
        "9999999999999d, is not a duration",
        "٣s, is not a duration",
    })
    void refusesOtherTexts(String text, String why) {
        assertThatThrownBy(() -> Durations.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(why);
    }
}
