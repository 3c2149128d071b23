package dev.postern.routing;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** TLS server names, each with a value: exact ones, then the wildcard of everything behind the first dot. */
final class ServerNames<V> {
    private final Map<String, V> exact = new HashMap<>();
    private final Map<String, V> wildcards = new HashMap<>();

    /** What a name leads to, and the label that a wildcard's star stands for. */
    record Found<V>(V value, List<String> captures) {}

    /** The names are {@link #normal}. */
    ServerNames(Map<String, V> values) {
        values.forEach((name, value) -> {
            if (name.startsWith("*.")) {
                wildcards.put(name.substring(1), value);
            } else {
                exact.put(name, value);
            }
        });
    }

    Optional<Found<V>> find(String serverName) {
        if (exact.isEmpty() && wildcards.isEmpty()) {
            return Optional.empty();
        }
        String name = normal(serverName);
        V value = exact.get(name);
        if (value != null) {
            return Optional.of(new Found<>(value, List.of()));
        }
        int dot = name.indexOf('.');
        return dot <= 0
                ? Optional.empty()
                : Optional.ofNullable(wildcards.get(name.substring(dot)))
                        .map(wild -> new Found<>(wild, List.of(name.substring(0, dot))));
    }

    /** Lower case, and without the dot that ends an absolute name. */
    static String normal(String serverName) {
        String lower = serverName.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
