package dev.postern.gateway.config.yaml;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Keys that earlier releases had, each with a sentence that says what to write instead. */
public final class RemovedKeys {
    private final Map<Class<?>, Map<String, String>> sentences = new HashMap<>();

    public RemovedKeys with(Class<? extends Record> type, String key, String instead) {
        sentences.computeIfAbsent(type, ignored -> new HashMap<>()).put(key, instead);
        return this;
    }

    Optional<String> of(Class<?> type, String key) {
        return Optional.ofNullable(sentences.getOrDefault(type, Map.of()).get(key));
    }
}
