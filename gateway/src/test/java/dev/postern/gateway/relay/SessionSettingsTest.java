package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SessionSettingsTest {
    @Test
    void comparesNamesAsPostgresqlDoes() {
        SessionSettings settings = SessionSettings.of(Map.of("TimeZone", "UTC"));

        assertThat(settings.get("TIMEZONE")).isEqualTo("UTC");
        assertThat(settings).isEqualTo(SessionSettings.of(Map.of("timezone", "UTC")));
        assertThat(settings).hasSameHashCodeAs(SessionSettings.of(Map.of("timezone", "UTC")));
    }

    @Test
    void comparesValuesExactly() {
        assertThat(SessionSettings.of(Map.of("timezone", "UTC")))
                .isNotEqualTo(SessionSettings.of(Map.of("timezone", "utc")));
    }

    @Test
    void isTheSameObjectWhenNothingChanges() {
        SessionSettings settings = SessionSettings.of(Map.of("a", "1"));

        assertThat(settings.with("A", "1")).isSameAs(settings);
        assertThat(settings.without("b")).isSameAs(settings);
        assertThat(settings.without("a")).isSameAs(SessionSettings.NONE);
        assertThat(SessionSettings.of(Map.of())).isSameAs(SessionSettings.NONE);
    }

    @Test
    void leavesTheOldOneAsItIs() {
        SessionSettings settings = SessionSettings.of(Map.of("a", "1"));

        SessionSettings changed = settings.with("a", "2").with("b", "3");

        assertThat(settings.values()).isEqualTo(Map.of("a", "1"));
        assertThat(changed.values()).isEqualTo(Map.of("a", "2", "b", "3"));
    }

    @Test
    void showsNoValues() {
        assertThat(SessionSettings.of(Map.of("a", "secret")).toString()).doesNotContain("secret");
    }

    @Test
    void knowsWhatIsReportedInWhateverCase() {
        assertThat(SessionSettings.isReported("DateStyle")).isTrue();
        assertThat(SessionSettings.isReported("work_mem")).isFalse();
    }
}
