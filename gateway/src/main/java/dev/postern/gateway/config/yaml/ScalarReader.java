package dev.postern.gateway.config.yaml;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads one scalar node: environment first, then the type; a problem gives the type's placeholder. */
final class ScalarReader {
    private final Problems problems;
    private final ScalarTypes types;
    private final Substitution substitution;

    ScalarReader(Problems problems, ScalarTypes types, Substitution substitution) {
        this.problems = problems;
        this.types = types;
        this.substitution = substitution;
    }

    boolean reads(Class<?> type) {
        return type.isEnum() || types.of(type).isPresent();
    }

    String expected(Class<?> type) {
        return types.of(type).map(ScalarType::expected).orElseGet(() -> Expected.keywords(type));
    }

    Object read(Class<?> type, Node node, KeyPath path) {
        ScalarType<?> scalar = types.of(type).orElseGet(() -> keyword(type));
        if (!(node instanceof ScalarNode written)) {
            problems.report(path, "is " + Nodes.kind(node), scalar.expected());
            return scalar.placeholder();
        }
        if (Nodes.isNull(written)) {
            problems.report(path, "has no value", scalar.expected());
            return scalar.placeholder();
        }
        return read(scalar, written.getValue(), path);
    }

    private Object read(ScalarType<?> scalar, String written, KeyPath path) {
        boolean substituted = Substitution.concerns(written);
        String text;
        try {
            text = substituted ? substitution.apply(written) : written;
        } catch (IllegalArgumentException e) {
            problems.report(path, String.valueOf(e.getMessage()), "${NAME}, ${NAME:-text}, or $${ for a literal ${");
            return scalar.placeholder();
        }
        try {
            return scalar.parse().apply(text);
        } catch (IllegalArgumentException e) {
            // As written: the value of a variable is not shown, it may be a secret that was put at the wrong key.
            problems.report(path, '"' + Printable.text(written) + "\" " + e.getMessage(), scalar.expected());
            return scalar.placeholder();
        }
    }

    private static ScalarType<?> keyword(Class<?> enumType) {
        List<Object> constants = Arrays.asList(enumType.getEnumConstants());
        return new ScalarType<>(
                Object.class, Expected.keywords(enumType), text -> constant(constants, text), constants.getFirst());
    }

    private static Object constant(List<Object> constants, String text) {
        List<String> keywords = constants.stream()
                .map(constant -> ((Keyword) constant).keyword())
                .toList();
        int index = keywords.indexOf(text);
        if (index >= 0) {
            return constants.get(index);
        }
        Optional<String> meant = DidYouMean.among(keywords, text);
        throw new IllegalArgumentException("is not a value of this key"
                + meant.map(word -> ", did you mean \"" + word + "\"?").orElse(""));
    }
}
