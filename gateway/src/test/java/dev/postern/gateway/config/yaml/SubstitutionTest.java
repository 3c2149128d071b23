package dev.postern.gateway.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubstitutionTest {
    private final Substitution substitution =
            new Substitution(Map.of("HOST", "pg-a", "EMPTY", "", "NESTED", "${HOST}"));

    @ParameterizedTest
    @CsvSource({
        "${HOST}, pg-a",
        "a ${HOST}:${HOST} b, a pg-a:pg-a b",
        "${PORT:-5432}, 5432",
        "${HOST:-other}, pg-a",
        "${EMPTY:-other}, other",
        "x${EMPTY}, x",
        "${PORT:-}, ''",
        "$${HOST}, ${HOST}",
        "${NESTED}, ${HOST}",
        "$1 and $HOST, $1 and $HOST",
    })
    void replacesReferences(String text, String expected) {
        assertThat(substitution.apply(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "${PORT}, the environment variable PORT is not set",
        "${}, holds a ${ that names no variable",
        "${1A}, holds a ${ that names no variable",
        "${HOST, holds a ${ that names no variable",
    })
    void refusesReferencesToNothing(String text, String why) {
        assertThatThrownBy(() -> substitution.apply(text)).hasMessage(why);
    }
}
