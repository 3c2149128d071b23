package dev.postern.routing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Many patterns, of which those that cannot match are not looked at: they are filed by what a name has to begin with.
 * Cost of a lookup: one hash for each length that such a beginning has, and the patterns found there.
 */
final class PatternIndex<V> {
    private final Map<String, List<Filed<V>>> byPrefix;
    private final int[] prefixLengths;

    private record Filed<V>(DatabasePattern pattern, V value) {}

    /** The best match of a name. */
    record Hit<V>(DatabasePattern pattern, List<String> captures, V value) {}

    PatternIndex(Map<DatabasePattern, V> patterns) {
        Map<String, List<Filed<V>>> filed = new HashMap<>();
        TreeSet<Integer> lengths = new TreeSet<>();
        patterns.forEach((pattern, value) -> {
            filed.computeIfAbsent(pattern.prefix(), ignored -> new ArrayList<>())
                    .add(new Filed<>(pattern, value));
            lengths.add(pattern.prefix().length());
        });
        filed.values().forEach(list -> list.sort((a, b) -> DatabasePattern.PRECEDENCE.compare(a.pattern, b.pattern)));
        this.byPrefix = filed;
        this.prefixLengths = lengths.stream().mapToInt(Integer::intValue).toArray();
    }

    Optional<Hit<V>> find(String name) {
        Optional<Hit<V>> best = Optional.empty();
        for (int length : prefixLengths) {
            if (length > name.length()) {
                break;
            }
            Optional<Hit<V>> hit = first(byPrefix.getOrDefault(name.substring(0, length), List.of()), name);
            if (hit.isPresent() && (best.isEmpty() || isBetter(hit.get(), best.get()))) {
                best = hit;
            }
        }
        return best;
    }

    private static <V> Optional<Hit<V>> first(List<Filed<V>> candidates, String name) {
        for (Filed<V> candidate : candidates) {
            Optional<List<String>> captures = candidate.pattern.match(name);
            if (captures.isPresent()) {
                return Optional.of(new Hit<>(candidate.pattern, List.copyOf(captures.get()), candidate.value));
            }
        }
        return Optional.empty();
    }

    private static <V> boolean isBetter(Hit<V> hit, Hit<V> best) {
        return DatabasePattern.PRECEDENCE.compare(hit.pattern, best.pattern) < 0;
    }
}
