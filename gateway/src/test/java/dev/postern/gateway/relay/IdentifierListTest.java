package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentifierListTest {
    @Test
    void quotesWhatIsNotPlain() {
        assertThat(IdentifierList.write(List.of("a_1", "A", "1a", "user", "", "a\"b", "a, b", "caf\u00e9")))
                .isEqualTo("a_1, \"A\", \"1a\", \"user\", \"\", \"a\"\"b\", \"a, b\", \"caf\u00e9\"");
    }

    @Test
    void readsBackWhatItWrites() {
        for (List<String> names : List.of(
                List.of("$user", "public"), List.of(""), List.of("a\"b", "x"), List.of("\"", ","), List.of("a, b"))) {
            assertThat(IdentifierList.read(IdentifierList.write(names))).isEqualTo(names);
        }
    }

    /** SET would make another value of them, or none. */
    @ParameterizedTest
    @ValueSource(strings = {"", "a,b", "a ,b", "PUBLIC", "user", "\"plain\"", "a,", ", a", "\"", "\"a", "a\"b", "a, "})
    void readsNothingElse(String value) {
        assertThat(IdentifierList.read(value)).isNull();
    }
}
