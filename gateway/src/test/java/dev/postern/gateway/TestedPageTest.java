package dev.postern.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/tested.md, docs/sidecar.md and docs/security.md name tests that exist. */
class TestedPageTest {
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*(?:IT|Test))(?:[#.](\\w+))?`");

    @Test
    void everyTestThatItNamesExists() throws IOException {
        Map<String, String> sources = sources();
        String pages = Files.readString(Path.of("../docs/tested.md"))
                + Files.readString(Path.of("../docs/sidecar.md"))
                + Files.readString(Path.of("../docs/security.md"));
        List<MatchResult> named = NAMED.matcher(pages).results().toList();
        List<String> missing = new ArrayList<>();
        for (MatchResult name : named) {
            String source = sources.getOrDefault(name.group(1), "");
            if (source.isEmpty() || name.group(2) != null && !source.contains("void " + name.group(2) + "(")) {
                missing.add(name.group());
            }
        }
        assertThat(named).hasSizeGreaterThan(80);
        assertThat(missing).isEmpty();
    }

    private static Map<String, String> sources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        for (Path tests :
                List.of(Path.of("src/test/java"), Path.of("../auth/src/test/java"), Path.of("../tls/src/test/java"))) {
            try (Stream<Path> files = Files.walk(tests)) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
                }
            }
        }
        return sources;
    }
}
