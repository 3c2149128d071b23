package dev.postern.gateway.config.yaml;

import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** What a YAML node is, in an operator's words. */
final class Nodes {
    private Nodes() {}

    /** A key with nothing behind it, {@code null} or {@code ~}: the same as no key. */
    static boolean isNull(Node node) {
        return node instanceof ScalarNode scalar && scalar.isPlain() && Tag.NULL.equals(scalar.getTag());
    }

    static String kind(Node node) {
        return switch (node.getNodeType()) {
            case SCALAR -> isNull(node) ? "empty" : "a single value";
            case SEQUENCE -> "a list";
            case MAPPING -> "an object";
            case ANCHOR -> "an anchor";
        };
    }

    static Optional<String> key(Node node) {
        return node instanceof ScalarNode scalar ? Optional.of(scalar.getValue()) : Optional.empty();
    }
}
