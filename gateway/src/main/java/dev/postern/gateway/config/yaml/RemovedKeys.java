package dev.postern.gateway.config.yaml;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Keys that earlier releases had, each with when it went and what to write instead. */
public final class RemovedKeys {
    private final Map<Class<?>, Map<String, Removed>> keys = new HashMap<>();

    record Removed(String since, String instead) {}

    /** A key that went with a release: {@code since} completes "this key was removed". */
    public RemovedKeys with(Class<? extends Record> type, String key, String since, String instead) {
        keys.computeIfAbsent(type, ignored -> new HashMap<>()).put(key, new Removed(since, instead));
        return this;
    }

    Optional<Removed> of(Class<?> type, String key) {
        return Optional.ofNullable(keys.getOrDefault(type, Map.of()).get(key));
    }
}
