package dev.postern.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each file of {@code problems/} begins with the lines that it has to print, as comments: {@code #> line:column ...}. */
class ProblemsGoldenTest {
    private static final String EXPECTED = "#> ";

    @ParameterizedTest
    @MethodSource("files")
    void printsTheLinesThatTheFileBeginsWith(Path file) throws IOException {
        String text = Files.readString(file);
        List<String> expected = text.lines()
                .filter(line -> line.startsWith(EXPECTED))
                .map(line -> line.substring(EXPECTED.length()))
                .toList();
        String name = "/etc/postern/" + file.getFileName();

        ConfigResult result = new ConfigLoader(Map.of()).withoutFileChecks().parse(text, name);

        assertThat(result).isInstanceOf(ConfigResult.Rejected.class);
        assertThat(((ConfigResult.Rejected) result).render().lines().map(line -> line.substring(name.length() + 1)))
                .containsExactlyElementsOf(expected);
    }

    static List<Path> files() throws IOException, URISyntaxException {
        URL folder = Objects.requireNonNull(ProblemsGoldenTest.class.getResource("problems"));
        try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
            return files.sorted().toList();
        }
    }
}
