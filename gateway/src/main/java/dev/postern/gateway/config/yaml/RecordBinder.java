package dev.postern.gateway.config.yaml;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Makes records of YAML nodes: the component names are the keys. It never stops at a problem: a stand-in takes the place
 * of a broken value, so that everything else, and the rules between records, are checked in the same run. The result is
 * only worth using when {@link Problems#isEmpty()}.
 *
 * <p>A record, {@code pool} say, that stands at the top level is where records under the same key further down find the
 * values they do not have. For that its component comes before theirs in the root record.
 */
public final class RecordBinder {
    private final Problems problems;
    private final Defaults defaults;
    private final ScalarReader scalars;
    private final Placeholders placeholders;
    private final RemovedKeys removed;
    private final Map<String, Record> topLevel = new HashMap<>();

    public RecordBinder(
            Problems problems,
            Defaults defaults,
            ScalarTypes scalarTypes,
            RemovedKeys removed,
            Map<String, String> environment) {
        this.problems = problems;
        this.defaults = defaults;
        this.scalars = new ScalarReader(problems, scalarTypes, new Substitution(environment));
        this.placeholders = new Placeholders(scalarTypes);
        this.removed = removed;
    }

    /** Binds the root of a file. */
    public <R extends Record> R bind(Node root, Class<R> type) {
        problems.locate(KeyPath.ROOT, root);
        return record(type, root, KeyPath.ROOT);
    }

    private Object value(Type type, Node node, KeyPath path) {
        problems.locate(path, node);
        if (type instanceof ParameterizedType generic) {
            return container(generic, node, path);
        }
        Class<?> single = (Class<?>) type;
        if (scalars.reads(single)) {
            return scalars.read(single, node, path);
        }
        return single.isRecord() ? record(single, node, path) : variant(single, node, path);
    }

    private Object container(ParameterizedType type, Node node, KeyPath path) {
        Type[] arguments = type.getActualTypeArguments();
        if (type.getRawType() == Optional.class) {
            return Nodes.isNull(node) ? Optional.empty() : Optional.of(value(arguments[0], node, path));
        }
        if (type.getRawType() == List.class) {
            return list(arguments[0], node, path);
        }
        return map(arguments[1], node, path);
    }

    private List<Object> list(Type elementType, Node node, KeyPath path) {
        List<Object> elements = new ArrayList<>();
        if (node instanceof SequenceNode sequence) {
            for (Node element : sequence.getValue()) {
                elements.add(value(elementType, element, path.element(elements.size())));
            }
        } else if (!Nodes.isNull(node)) {
            problems.report(path, "is " + Nodes.kind(node), "a list, in [brackets] or one \"- \" a line");
        }
        return elements;
    }

    private Map<String, Object> map(Type valueType, Node node, KeyPath path) {
        Map<String, Object> values = new LinkedHashMap<>();
        members(node, path, "an object: one \"name: value\" for each").forEach((name, member) -> {
            KeyPath child = path.child(name);
            values.put(name, value(valueType, member, child));
        });
        return values;
    }

    private <R> R record(Class<R> type, Node node, KeyPath path) {
        List<String> keys = Records.keys(type);
        Map<String, Node> members = members(node, path, Expected.object(keys));
        members.keySet().stream().filter(key -> !keys.contains(key)).forEach(key -> unknownKey(type, path, key));
        return record(type, members, path);
    }

    private <R> R record(Class<R> type, Map<String, Node> members, KeyPath path) {
        List<Object> components = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            KeyPath child = path.child(component.getName());
            Optional<Node> member = Optional.ofNullable(members.get(component.getName()));
            Object value = member.isPresent()
                    ? value(component.getGenericType(), member.get(), child)
                    : absent(type, component, child, path);
            if (path.isRoot() && value instanceof Record section) {
                topLevel.put(component.getName(), section);
            }
            components.add(value);
        }
        R bound = Records.construct(type, components.toArray());
        if (bound instanceof Checked checked) {
            checked.check(new Checks(problems, path));
        }
        return bound;
    }

    private void unknownKey(Class<?> type, KeyPath path, String key) {
        Optional<RemovedKeys.Removed> gone = removed.of(type, key);
        if (gone.isPresent()) {
            String what = "this key was removed " + gone.get().since();
            problems.report(path.child(key), what, gone.get().instead());
            return;
        }
        List<String> keys = Records.keys(type);
        Optional<String> meant = DidYouMean.among(keys, key);
        problems.report(
                path.child(key),
                "unknown key"
                        + meant.map(word -> ", did you mean \"" + word + "\"?").orElse(""),
                keys.isEmpty() ? "no keys here" : Expected.oneOf(keys));
        meant.ifPresent(word -> problems.settle(path.child(word)));
    }

    private Object variant(Class<?> sealed, Node node, KeyPath path) {
        List<Class<?>> variants = Records.variants(sealed);
        List<String> keys = variants.stream().map(Records::variantKey).toList();
        String expected = "an object with one of the keys " + String.join(", ", keys);
        Map<String, Node> members = members(node, path, expected);
        if (members.size() != 1) {
            String what =
                    members.isEmpty() ? "is empty" : "has more than one of " + String.join(", ", members.keySet());
            problems.report(path, what, expected);
            return placeholders.of(sealed);
        }
        Map.Entry<String, Node> only = members.entrySet().iterator().next();
        int index = keys.indexOf(only.getKey());
        if (index < 0) {
            Optional<String> meant = DidYouMean.among(keys, only.getKey());
            problems.report(
                    path.child(only.getKey()),
                    "unknown key"
                            + meant.map(word -> ", did you mean \"" + word + "\"?")
                                    .orElse(""),
                    Expected.oneOf(keys));
            problems.settle(path);
            return placeholders.of(sealed);
        }
        return variantRecord(variants.get(index), only.getValue(), path.child(only.getKey()));
    }

    private Object variantRecord(Class<?> variant, Node node, KeyPath path) {
        if (!Records.isBareValue(variant)) {
            return record(variant, node, path);
        }
        Object bare = value(variant.getRecordComponents()[0].getGenericType(), node, path);
        return Records.construct(variant, new Object[] {bare});
    }

    private Object absent(Class<?> owner, RecordComponent component, KeyPath path, KeyPath ownerPath) {
        Optional<Object> inherited = inherited(component, path, ownerPath);
        if (inherited.isPresent()) {
            return inherited.get();
        }
        Optional<Object> given = defaults.of(owner, component.getName());
        if (given.isPresent()) {
            return given.get();
        }
        Class<?> raw = component.getType();
        if (raw.isRecord() && !scalars.reads(raw)) {
            return record(raw, Map.of(), path);
        }
        if (raw != Optional.class && raw != List.class && raw != Map.class && raw != boolean.class) {
            problems.report(path, "is missing", scalars.reads(raw) ? scalars.expected(raw) : Expected.variants(raw));
        }
        return placeholders.of(raw);
    }

    private Optional<Object> inherited(RecordComponent component, KeyPath path, KeyPath ownerPath) {
        Record section = topLevel.get(ownerPath.key());
        if (section == null) {
            return Optional.empty();
        }
        for (RecordComponent same : section.getClass().getRecordComponents()) {
            if (same.getName().equals(component.getName())
                    && same.getGenericType().equals(component.getGenericType())) {
                if (problems.isSettled(KeyPath.ROOT.child(ownerPath.key()).child(same.getName()))) {
                    problems.settle(path);
                }
                return Optional.of(Records.read(section, same));
            }
        }
        return Optional.empty();
    }

    /** The members of an object in the order of the file; a key that stands twice is a problem and counts once. */
    private Map<String, Node> members(Node node, KeyPath path, String expected) {
        Map<String, Node> members = new LinkedHashMap<>();
        if (node instanceof MappingNode mapping) {
            mapping.getValue().forEach(tuple -> {
                Optional<String> key = Nodes.key(tuple.getKeyNode());
                if (key.isEmpty()) {
                    problems.reportAt(tuple.getKeyNode().getStartMark(), path.child("?"), "is not a plain key", "text");
                } else {
                    member(members, key.get(), tuple, path.child(key.get()));
                }
            });
        } else if (!Nodes.isNull(node)) {
            problems.report(path, "is " + Nodes.kind(node), expected);
        }
        return members;
    }

    private void member(Map<String, Node> members, String key, NodeTuple tuple, KeyPath path) {
        if (members.putIfAbsent(key, tuple.getValueNode()) == null) {
            problems.locate(path, tuple.getKeyNode());
        } else {
            problems.reportAt(tuple.getKeyNode().getStartMark(), path, "the key stands twice", "each key once");
        }
    }
}
