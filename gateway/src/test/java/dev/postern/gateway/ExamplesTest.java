package dev.postern.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.sidecar.SidecarConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Manifests and compose files of the examples: they are YAML, and what they give the gateway is without a problem. */
class ExamplesTest {
    private static final Path EXAMPLES = Path.of("../examples");
    private static final Pattern COMPOSE_VARIABLE = Pattern.compile("\\$\\{([A-Z_]+)(?::([-?])([^}]*))?}");

    private static final Pattern REQUIRED_VARIABLE = Pattern.compile("\\$\\{([A-Z_]+)}");

    private static List<Path> files(String end) throws IOException {
        try (Stream<Path> all = Files.walk(EXAMPLES)) {
            return all.filter(path -> path.toString().endsWith(end))
                    .filter(path -> !path.toString().contains("/target/"))
                    .toList();
        }
    }

    private static List<Object> documents(Path file) {
        try {
            List<Object> documents = new ArrayList<>();
            new Load(LoadSettings.builder().setLabel(file.toString()).build())
                    .loadAllFromString(Files.readString(file))
                    .forEach(documents::add);
            return documents;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every object of the file, at any depth. */
    private static Stream<Map<?, ?>> objects(Path file) {
        return documents(file).stream().flatMap(ExamplesTest::within);
    }

    private static Stream<Map<?, ?>> within(Object node) {
        return switch (node) {
            case Map<?, ?> map ->
                Stream.concat(Stream.of(map), map.values().stream().flatMap(ExamplesTest::within));
            case List<?> list -> list.stream().flatMap(ExamplesTest::within);
            default -> Stream.empty();
        };
    }

    /** What a file asks of the environment, each with a value that an address and a path can be. */
    private static Map<String, String> environment(String yaml) {
        Map<String, String> environment = new HashMap<>();
        REQUIRED_VARIABLE.matcher(yaml).results().forEach(found -> environment.put(found.group(1), "db.internal:5432"));
        return environment;
    }

    private static String checked(String yaml, String name) {
        return switch (new ConfigLoader(environment(yaml)).withoutFileChecks().parse(yaml, name)) {
            case ConfigResult.Loaded ignored -> "ok";
            case ConfigResult.Rejected rejected -> rejected.render();
        };
    }

    @Test
    void everyFileIsYaml() throws IOException {
        List<Path> files = files(".yaml");
        assertThat(files)
                .hasSizeGreaterThanOrEqualTo(7)
                .allSatisfy(file -> assertThat(documents(file)).isNotEmpty());
    }

    @Test
    void everyManifestSaysWhatItIs() throws IOException {
        for (Path file : files("kubernetes.yaml")) {
            for (Object document : documents(file)) {
                assertThat(document).isInstanceOf(Map.class);
                assertThat(((Map<?, ?>) document)
                                .keySet().stream().map(String::valueOf).toList())
                        .as(file.toString())
                        .contains("apiVersion", "kind", "metadata");
            }
        }
    }

    @Test
    void everyConfigurationIsWithoutAProblem() throws IOException {
        Map<String, String> results = new TreeMap<>();
        for (Path file : files("postern.yaml")) {
            results.put(file.toString(), checked(Files.readString(file), file.toString()));
        }
        for (Path file : files("kubernetes.yaml")) {
            objects(file)
                    .filter(object -> "ConfigMap".equals(object.get("kind")))
                    .flatMap(object -> ((Map<?, ?>) get(object, "data")).entrySet().stream())
                    .filter(entry -> String.valueOf(entry.getValue()).contains("listeners:"))
                    .forEach(entry -> results.put(
                            file + " " + entry.getKey(), checked(String.valueOf(entry.getValue()), file.toString())));
        }
        assertThat(results)
                .hasSizeGreaterThanOrEqualTo(2)
                .allSatisfy((name, result) -> assertThat(result).as(name).isEqualTo("ok"));
    }

    @Test
    void everySidecarsEnvironmentIsWithoutAProblem() throws IOException {
        Map<String, List<Map<String, String>>> environments = new TreeMap<>();
        for (Path file : files("kubernetes.yaml")) {
            environments.put(
                    file.toString(),
                    objects(file)
                            .filter(object -> List.of("sidecar").equals(object.get("args")))
                            .map(ExamplesTest::podEnvironment)
                            .toList());
        }
        for (Path file : files("docker-compose.yaml")) {
            environments.put(
                    file.toString(),
                    objects(file)
                            .filter(object -> List.of("sidecar").equals(object.get("command")))
                            .map(ExamplesTest::composeEnvironment)
                            .toList());
        }
        assertThat(environments.values().stream().mapToInt(List::size).sum()).isGreaterThanOrEqualTo(5);
        environments.forEach((file, all) -> assertThat(all).allSatisfy(environment -> {
            SidecarConfig config = SidecarConfig.of(environment);
            assertThat(config.notes()).as(file).isEmpty();
            assertThat(config.load(new ConfigLoader(environment).withoutFileChecks()))
                    .as(file)
                    .isInstanceOf(ConfigResult.Loaded.class);
        }));
    }

    private static Object get(Map<?, ?> object, String key) {
        return Objects.requireNonNull(object.get(key), key);
    }

    private static Map<String, String> podEnvironment(Map<?, ?> container) {
        Map<String, String> environment = new HashMap<>();
        for (Object variable : (List<?>) get(container, "env")) {
            Map<?, ?> entry = (Map<?, ?>) variable;
            environment.put(String.valueOf(entry.get("name")), String.valueOf(entry.get("value")));
        }
        return environment;
    }

    private static Map<String, String> composeEnvironment(Map<?, ?> service) {
        Map<String, String> environment = new HashMap<>();
        ((Map<?, ?>) get(service, "environment"))
                .forEach((name, value) -> environment.put(String.valueOf(name), composed(String.valueOf(value))));
        return environment;
    }

    /** As compose does it, with a word for what has to be set. */
    private static String composed(String value) {
        Matcher matcher = COMPOSE_VARIABLE.matcher(value);
        return matcher.replaceAll(
                found -> "-".equals(found.group(2)) ? Matcher.quoteReplacement(found.group(3)) : "something");
    }
}
