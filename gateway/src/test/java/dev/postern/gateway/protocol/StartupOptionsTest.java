package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartupOptionsTest {
    @Test
    void readsSettingsInAllTheirForms() {
        assertThat(StartupOptions.parse("-c a=1 -cb=2  --c=3\t-c d= --work-mem=4MB"))
                .containsExactly(
                        Map.entry("a", "1"),
                        Map.entry("b", "2"),
                        Map.entry("c", "3"),
                        Map.entry("d", ""),
                        Map.entry("work_mem", "4MB"));
    }

    @Test
    void readsNothingFromBlanks() {
        assertThat(StartupOptions.parse("")).isEmpty();
        assertThat(StartupOptions.parse(" \t\n\u000B\f\r")).isEmpty();
    }

    @Test
    void takesACharacterAfterABackslashAsItIs() {
        assertThat(StartupOptions.parse("-c search_path=a\\ b,\\\\c -c x=1\\=2\\"))
                .containsExactly(Map.entry("search_path", "a b,\\c"), Map.entry("x", "1=2"));
    }

    @Test
    void keepsEverythingAfterTheFirstEqualsSign() {
        assertThat(StartupOptions.parse("-c a=b=c")).containsExactly(Map.entry("a", "b=c"));
    }

    @Test
    void keepsTheLastOfTwoValuesAtTheLastPlace() {
        assertThat(StartupOptions.parse("-c a=1 -c b=2 -c a=3"))
                .containsExactly(Map.entry("b", "2"), Map.entry("a", "3"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    -d 5           | unsupported startup option: -d
                    -c a=1 x=2     | unsupported startup option: x=2
                    -e             | unsupported startup option: -e
                    a\\ b          | unsupported startup option: a b
                    -c             | -c requires a value
                    -c a           | -c a requires a value
                    -ca            | -ca requires a value
                    --a            | --a requires a value
                    --             | -- requires a value
                    -c =1          | -c =1 requires a value
                    --=1           | --=1 requires a value
                    """)
    void namesTheFirstOptionThatIsNoSetting(String options, String message) {
        assertThatThrownBy(() -> StartupOptions.parse(options))
                .isInstanceOf(ProtocolViolation.class)
                .hasMessage(message);
    }
}
