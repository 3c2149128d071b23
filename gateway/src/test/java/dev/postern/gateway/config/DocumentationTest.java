package dev.postern.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every key has a row with its default in docs/configuration.md and a sentence in its record, and there are no others. */
class DocumentationTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/postern/gateway/config");

    @Test
    void everyKeyHasItsRowWithItsDefault() throws IOException {
        ConfigurationPage page = ConfigurationPage.read(Path.of("../docs/configuration.md"));
        List<String> wrong = new ArrayList<>();
        for (ConfigKeys.Key key : ConfigKeys.all()) {
            String documented = page.defaultOf(key.object(), key.name());
            if (!documented.equals(key.defaultText())) {
                wrong.add(key.object() + " " + key.name() + ": the default is " + key.defaultText() + ", the page says "
                        + documented);
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void noRowIsAboutAKeyThatDoesNotExist() throws IOException {
        ConfigurationPage page = ConfigurationPage.read(Path.of("../docs/configuration.md"));
        TreeSet<String> known = new TreeSet<>();
        ConfigKeys.all().forEach(key -> known.add(key.object() + " " + key.name()));

        assertThat(page.keys()).isSubsetOf(known);
    }

    @Test
    void everyComponentHasItsSentence() throws IOException {
        List<String> missing = new ArrayList<>();
        for (ConfigKeys.Key key : ConfigKeys.all()) {
            String source = Files.readString(SOURCES.resolve(key.source() + ".java"));
            if (!key.isVariant() && !source.contains("@param " + key.name() + " ")) {
                missing.add(key.source() + "." + key.name());
            }
        }
        assertThat(missing).isEmpty();
    }
}
