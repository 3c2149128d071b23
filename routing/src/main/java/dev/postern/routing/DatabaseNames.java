package dev.postern.routing;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Database names and patterns, each with a value: exact names by hash, then the best pattern. */
final class DatabaseNames<V> {
    private final Map<String, V> exact = new HashMap<>();
    private final PatternIndex<V> patterns;

    /** What a name leads to, which entry of the list did it, and what its stars stand for. */
    record Found<V>(V value, String by, List<String> captures) {}

    DatabaseNames(Map<String, V> values) {
        Map<DatabasePattern, V> withStars = new HashMap<>();
        values.forEach((name, value) -> {
            if (DatabasePattern.isPattern(name)) {
                withStars.put(DatabasePattern.of(name), value);
            } else {
                exact.put(name, value);
            }
        });
        patterns = new PatternIndex<>(withStars);
    }

    Optional<Found<V>> find(String database) {
        V value = exact.get(database);
        return value != null
                ? Optional.of(new Found<>(value, database, List.of()))
                : patterns.find(database)
                        .map(hit -> new Found<>(hit.value(), hit.pattern().text(), hit.captures()));
    }
}
