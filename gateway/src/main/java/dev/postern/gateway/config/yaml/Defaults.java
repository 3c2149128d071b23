package dev.postern.gateway.config.yaml;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a key is when the file does not have it. Without an entry here a list, map or {@code Optional} is empty, a flag is
 * false, an object is made of the defaults of its own keys, and anything else has to be written.
 */
public final class Defaults {
    private final Map<Class<?>, Map<String, Object>> values = new HashMap<>();

    /** Every component of the record is the default of its key. */
    public Defaults with(Record all) {
        for (RecordComponent component : all.getClass().getRecordComponents()) {
            with(all.getClass(), component.getName(), Records.read(all, component));
        }
        return this;
    }

    /** The default of one key of a record whose other keys may have none. */
    public Defaults with(Class<? extends Record> type, String key, Object value) {
        if (Arrays.stream(type.getRecordComponents()).noneMatch(c -> c.getName().equals(key))) {
            throw new IllegalArgumentException(type.getSimpleName() + " has no component " + key);
        }
        values.computeIfAbsent(type, ignored -> new HashMap<>()).put(key, value);
        return this;
    }

    /** The default of a key, if one was given. */
    public Optional<Object> of(Class<?> type, String key) {
        return Optional.ofNullable(values.getOrDefault(type, Map.of()).get(key));
    }
}
