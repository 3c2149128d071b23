package dev.postern.gateway.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecordBinderTest {
    public record Root(String name, Optional<Secret> password, Shape shape, int sides, List<Root> children) {}

    public sealed interface Shape {
        record Circle(int radius) implements Shape {}

        record Word(String value) implements Shape {}
    }

    private final Problems problems = new Problems("f");

    @Test
    void givesRemovedKeysASentenceOfTheirOwn() {
        bind("{name: a, shape: {word: x}, corners: 4}");

        assertThat(printed())
                .containsExactly(
                        "f:1:29 corners: this key was removed in 2.0 (expected: sides, which counts the same)");
    }

    @Test
    void bindsAVariantWithAValueWithoutAnObjectAroundIt() {
        Root root = bind("{name: a, shape: {word: x}, children: [{name: b, shape: {circle: {radius: 2}}}]}");

        assertThat(printed()).isEmpty();
        assertThat(root.shape()).isEqualTo(new Shape.Word("x"));
        assertThat(root.sides()).as("the default").isEqualTo(3);
        assertThat(root.children().getFirst().shape()).isEqualTo(new Shape.Circle(2));
    }

    @Test
    void neverShowsASecretNorTheValueOfAVariable() {
        bind("{name: a, password: [hunter2], shape: {word: x}, sides: \"${SECRET}\"}");

        assertThat(printed())
                .containsExactly(
                        "f:1:21 password: is a list (expected: text (a secret))",
                        "f:1:57 sides: \"${SECRET}\" is not a whole number (expected: a whole number)");
    }

    @Test
    void takesAliasesForWhatTheyStandFor() {
        Root root = bind("{name: &n a, shape: &s {word: x}, children: [{name: *n, shape: *s}]}");

        assertThat(printed()).isEmpty();
        assertThat(root.children().getFirst().name()).isEqualTo("a");
    }

    @Test
    void survivesAnObjectThatContainsItself() {
        bind("&r {name: a, shape: {word: x}, sides: *r}");

        assertThat(printed()).containsExactly("f:1:1 sides: is an object (expected: a whole number)");
    }

    @Test
    void refusesANestOfManyLevels() {
        bind("[".repeat(10_000));

        assertThat(printed()).containsExactly("f:1:65: nested deeper than 64 levels");
    }

    @Test
    void refusesSecondDocumentsAndStrangeCharacters() {
        bind("name: a\n---\nname: b\n");
        bind("name: a\nx: \u0007");

        assertThat(printed().getFirst()).startsWith("f:2:1: ");
        assertThat(printed().getLast()).isEqualTo("f:2:4: the character U+0007 is not allowed in YAML");
    }

    private Root bind(String yaml) {
        ScalarTypes scalars = new ScalarTypes(new ConfigFiles(Path.of("/etc"), false), List.of());
        RecordBinder binder = new RecordBinder(
                problems,
                new Defaults().with(Root.class, "sides", 3),
                scalars,
                new RemovedKeys().with(Root.class, "corners", "in 2.0", "sides, which counts the same"),
                Map.of("SECRET", "hunter2"));
        return YamlText.parse(yaml, problems)
                .map(node -> binder.bind(node, Root.class))
                .orElse(new Root("", Optional.empty(), new Shape.Word(""), 0, List.of()));
    }

    private List<String> printed() {
        return problems.sorted().stream().map(Problem::toString).toList();
    }
}
