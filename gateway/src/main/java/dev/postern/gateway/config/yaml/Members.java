package dev.postern.gateway.config.yaml;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;

/** The members of a YAML object. */
final class Members {
    private final Problems problems;

    Members(Problems problems) {
        this.problems = problems;
    }

    /** In the order of the file; a key that stands twice is a problem and counts once. Empty for what is no object. */
    Map<String, Node> of(Node node, KeyPath path, Supplier<String> expected) {
        Map<String, Node> members = new LinkedHashMap<>();
        if (node instanceof MappingNode mapping) {
            mapping.getValue().forEach(tuple -> add(members, tuple, path));
        } else if (!Nodes.isNull(node)) {
            problems.report(path, "is " + Nodes.kind(node), expected.get());
        }
        return members;
    }

    private void add(Map<String, Node> members, NodeTuple tuple, KeyPath path) {
        Node keyNode = tuple.getKeyNode();
        Optional<String> key = Nodes.key(keyNode);
        if (key.isEmpty()) {
            problems.reportAt(keyNode.getStartMark(), path.child("?"), "is not a plain key", "text");
        } else if (members.putIfAbsent(key.get(), tuple.getValueNode()) == null) {
            problems.locate(path.child(key.get()), keyNode);
        } else {
            problems.reportAt(keyNode.getStartMark(), path.child(key.get()), "the key stands twice", "each key once");
        }
    }
}
