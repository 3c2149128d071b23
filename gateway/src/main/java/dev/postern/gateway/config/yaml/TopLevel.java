package dev.postern.gateway.config.yaml;

import java.lang.reflect.RecordComponent;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The objects at the top level of a file, as defaults: an object under the same key further down takes from there what it
 * does not have. A value that is a problem up there is none below.
 */
final class TopLevel {
    private final Problems problems;
    private final Map<String, Record> sections = new HashMap<>();

    TopLevel(Problems problems) {
        this.problems = problems;
    }

    void add(String key, Record section) {
        sections.put(key, section);
    }

    /** The object itself, for a place that has none of this key. */
    Optional<Object> whole(RecordComponent component, KeyPath path) {
        Record section = sections.get(component.getName());
        if (section == null || section.getClass() != component.getType()) {
            return Optional.empty();
        }
        settle(KeyPath.ROOT.child(component.getName()), path);
        return Optional.of(section);
    }

    /** One value of it, for an object that does not have this one. */
    Optional<Object> value(RecordComponent component, KeyPath path, KeyPath ownerPath) {
        Record section = sections.get(ownerPath.key());
        if (section == null) {
            return Optional.empty();
        }
        for (RecordComponent same : Records.components(section.getClass())) {
            if (same.getName().equals(component.getName())
                    && same.getGenericType().equals(component.getGenericType())) {
                settle(KeyPath.ROOT.child(ownerPath.key()).child(same.getName()), path);
                return Optional.of(Records.read(section, same));
            }
        }
        return Optional.empty();
    }

    private void settle(KeyPath origin, KeyPath path) {
        if (problems.isSettled(origin)) {
            problems.settle(path);
        }
    }
}
