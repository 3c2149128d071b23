package dev.postern.gateway.config.yaml;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Puts values into a document that was read, as if they stood there. */
public final class Overrides {
    private Overrides() {}

    /**
     * Replaces a key, or adds it.
     *
     * @param path keys with dots between them
     * @param value YAML
     */
    public static void put(Node root, String path, String value, Problems problems) {
        Optional<Node> node = YamlText.parse(value, problems);
        if (node.isEmpty() || !(root instanceof MappingNode)) {
            return; // what is wrong with the document is reported by whoever binds it
        }
        List<String> keys = List.of(path.split("\\."));
        MappingNode parent = (MappingNode) root;
        for (String key : keys.subList(0, keys.size() - 1)) {
            parent = child(parent, key);
        }
        replace(parent, keys.getLast(), node.get());
    }

    private static MappingNode child(MappingNode parent, String key) {
        for (NodeTuple tuple : parent.getValue()) {
            if (isKey(tuple, key) && tuple.getValueNode() instanceof MappingNode found) {
                return found;
            }
        }
        MappingNode made = new MappingNode(
                Tag.MAP, true, new ArrayList<>(), FlowStyle.BLOCK, parent.getStartMark(), parent.getEndMark());
        replace(parent, key, made);
        return made;
    }

    private static void replace(MappingNode parent, String key, Node value) {
        List<NodeTuple> tuples = new ArrayList<>(parent.getValue());
        tuples.removeIf(tuple -> isKey(tuple, key));
        tuples.add(new NodeTuple(
                new ScalarNode(Tag.STR, true, key, ScalarStyle.PLAIN, parent.getStartMark(), parent.getEndMark()),
                value));
        parent.setValue(tuples);
    }

    private static boolean isKey(NodeTuple tuple, String key) {
        return tuple.getKeyNode() instanceof ScalarNode scalar
                && scalar.getValue().equals(key);
    }
}
