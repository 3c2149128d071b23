package dev.postern.gateway.config.yaml;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Stand-ins for values that are missing or broken: any instance of the type will do, nobody gets to see it. */
final class Placeholders {
    private final ScalarTypes scalars;

    Placeholders(ScalarTypes scalars) {
        this.scalars = scalars;
    }

    Object of(Class<?> type) {
        if (type == Optional.class) {
            return Optional.empty();
        }
        if (type == List.class) {
            return List.of();
        }
        if (type == Map.class) {
            return Map.of();
        }
        if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        Optional<ScalarType<?>> scalar = scalars.of(type);
        if (scalar.isPresent()) {
            return scalar.get().placeholder();
        }
        Class<?> record = type.isRecord() ? type : Records.variants(type).getFirst();
        return Records.construct(
                record,
                Arrays.stream(record.getRecordComponents())
                        .map(component -> of(component.getType()))
                        .toArray());
    }
}
