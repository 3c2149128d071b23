package dev.postern.gateway.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TargetSessionAttrsTest {
    @ParameterizedTest
    @CsvSource(textBlock = """
            # in_hot_standby, default_transaction_read_only, those that take it
            off, off, ANY READ_WRITE PRIMARY PREFER_STANDBY
            off, on,  ANY READ_ONLY PRIMARY PREFER_STANDBY
            on,  off, ANY READ_ONLY STANDBY PREFER_STANDBY
            on,  on,  ANY READ_ONLY STANDBY PREFER_STANDBY
            """)
    void acceptsWhatLibpqAccepts(String standby, String readOnly, String takers) {
        Map<String, String> reported = Map.of("in_hot_standby", standby, "default_transaction_read_only", readOnly);
        for (TargetSessionAttrs target : TargetSessionAttrs.values()) {
            assertThat(target.accepts(reported))
                    .as(target.keyword())
                    .contains(takers.matches(".*\\b" + target.name() + "\\b.*"));
        }
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"ANY", "PREFER_STANDBY"})
    void mustAskAServerThatReportsNothing(TargetSessionAttrs target) {
        assertThat(target.accepts(Map.of("server_version", "13.9"))).isEmpty();
        assertThat(target.question()).contains("pg_is_in_recovery");
    }

    @Test
    void looksForAStandbyFirstWhereOneIsPreferred() {
        assertThat(TargetSessionAttrs.PREFER_STANDBY.firstPass()).isEqualTo(TargetSessionAttrs.STANDBY);
        assertThat(TargetSessionAttrs.PREFER_STANDBY.accepts(Map.of())).isEqualTo(Optional.of(true));
    }
}
