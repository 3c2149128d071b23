package dev.postern.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseTemplateTest {
    @ParameterizedTest
    @CsvSource({"db_$1, db_x", "$2_$1_$2, y_x_y", "plain, plain", "a$$1, a$1", "$1, x", "'', ''"})
    void putsCapturesIn(String template, String name) {
        assertThat(DatabaseTemplate.parse(template).expand(List.of("x", "y"))).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"$", "a$b", "$0", "x$$$"})
    void refusesADollarThatStandsForNothing(String template) {
        assertThatThrownBy(() -> DatabaseTemplate.parse(template)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesToGuessAMissingCapture() {
        DatabaseTemplate template = DatabaseTemplate.parse("$3");

        assertThatThrownBy(() -> template.expand(List.of("x", "y"))).hasMessage("no star stands behind $3");
    }
}
