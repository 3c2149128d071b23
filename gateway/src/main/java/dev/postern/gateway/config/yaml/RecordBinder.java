package dev.postern.gateway.config.yaml;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Node;
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
    private final Members members;
    private final TopLevel topLevel;

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
        this.members = new Members(problems);
        this.topLevel = new TopLevel(problems);
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
        members.of(node, path, () -> "an object: one \"name: value\" for each").forEach((name, member) -> {
            KeyPath child = path.child(name);
            values.put(name, value(valueType, member, child));
        });
        return values;
    }

    private <R> R record(Class<R> type, Node node, KeyPath path) {
        List<String> keys = Records.keys(type);
        Map<String, Node> written = members.of(node, path, () -> Expected.object(keys));
        for (String key : written.keySet()) {
            if (!keys.contains(key)) {
                unknownKey(type, path, key);
            }
        }
        return record(type, written, path);
    }

    private <R> R record(Class<R> type, Map<String, Node> written, KeyPath path) {
        List<Object> components = new ArrayList<>();
        for (RecordComponent component : Records.components(type)) {
            KeyPath child = path.child(component.getName());
            Node node = written.get(component.getName());
            Object value = node != null
                    ? value(component.getGenericType(), node, child)
                    : absent(type, component, child, path);
            if (path.isRoot() && value instanceof Record section) {
                topLevel.add(component.getName(), section);
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
        misspelt(Records.keys(type), path, key).ifPresent(word -> problems.settle(path.child(word)));
    }

    /** Reports a key that does not exist, and gives the one that was meant. */
    private Optional<String> misspelt(List<String> keys, KeyPath path, String key) {
        Optional<String> meant = DidYouMean.among(keys, key);
        problems.report(
                path.child(key),
                "unknown key"
                        + meant.map(word -> ", did you mean \"" + word + "\"?").orElse(""),
                keys.isEmpty() ? "no keys here" : Expected.oneOf(keys));
        return meant;
    }

    private Object variant(Class<?> sealed, Node node, KeyPath path) {
        List<Class<?>> variants = Records.variants(sealed);
        List<String> keys = variants.stream().map(Records::variantKey).toList();
        Map<String, Node> written = members.of(node, path, () -> Expected.variant(keys));
        if (written.size() != 1) {
            String what =
                    written.isEmpty() ? "is empty" : "has more than one of " + String.join(", ", written.keySet());
            problems.report(path, what, Expected.variant(keys));
            return placeholders.of(sealed);
        }
        Map.Entry<String, Node> only = written.entrySet().iterator().next();
        int index = keys.indexOf(only.getKey());
        if (index < 0) {
            misspelt(keys, path, only.getKey());
            problems.settle(path);
            return placeholders.of(sealed);
        }
        return variantRecord(variants.get(index), only.getValue(), path.child(only.getKey()));
    }

    private Object variantRecord(Class<?> variant, Node node, KeyPath path) {
        if (!Records.isBareValue(variant)) {
            return record(variant, node, path);
        }
        Object bare = value(Records.components(variant).getFirst().getGenericType(), node, path);
        return Records.construct(variant, new Object[] {bare});
    }

    private Object absent(Class<?> owner, RecordComponent component, KeyPath path, KeyPath ownerPath) {
        Optional<Object> given = topLevel.whole(component, path)
                .or(() -> topLevel.value(component, path, ownerPath))
                .or(() -> defaults.of(owner, component.getName()));
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
}
