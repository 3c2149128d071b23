package dev.postern.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabasePatternTest {
    @ParameterizedTest
    @CsvSource({
        "tenant_*, tenant_42, 42",
        "*, anything, anything",
        "*_ro, orders_ro, orders",
        "a*b*c, a1b2c, 1|2",
        "a*b*c, abbbc, b|b",
        "*-*, a-b-c, a|b-c",
        "db*, db\\*, \\*",
    })
    void capturesWhatTheStarsStandFor(String pattern, String name, String captures) {
        Optional<List<String>> match = DatabasePattern.of(pattern).match(name);

        assertThat(match).contains(List.of(captures.split("\\|")));
    }

    @ParameterizedTest
    @CsvSource({"tenant_*, tenant_", "tenant_*, Tenant_42", "*_ro, _ro", "a*a, a", "a*a, aa", "a*b*c, abc", "*, ''"})
    void needsACharacterForEachStar(String pattern, String name) {
        assertThat(DatabasePattern.of(pattern).match(name)).isEmpty();
    }

    @Test
    void agreesWithARegularExpressionOnRandomNames() {
        Random random = new Random(20261122);
        int matches = 0;
        for (int i = 0; i < 20_000; i++) {
            String pattern = randomText(random, "ab*", 6).replaceAll("\\*+", "*");
            if (!DatabasePattern.isPattern(pattern)) {
                continue;
            }
            String name = randomText(random, "ab", 8);

            Optional<List<String>> captures = DatabasePattern.of(pattern).match(name);

            assertThat(captures).as("%s against %s", pattern, name).isEqualTo(byRegex(pattern, name));
            matches += captures.isPresent() ? 1 : 0;
        }
        assertThat(matches).isGreaterThan(1_000);
    }

    private static Optional<List<String>> byRegex(String pattern, String name) {
        Matcher matcher = Pattern.compile(pattern.replace("*", "(.+?)")).matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        List<String> groups = new ArrayList<>();
        for (int i = 1; i <= matcher.groupCount(); i++) {
            groups.add(matcher.group(i));
        }
        return Optional.of(groups);
    }

    static String randomText(Random random, String alphabet, int maxLength) {
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(maxLength + 1); length > 0; length--) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }
}
