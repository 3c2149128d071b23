package dev.postern.auth.jwt;

import java.util.List;
import java.util.Map;

/** Finds the values of a claim: a string, or a list of strings, at the end of a path of objects. */
final class RoleClaim {
    private RoleClaim() {}

    static List<String> values(Map<String, Object> claims, String path) {
        Object value = claims.get(path);
        int dot = path.indexOf('.');
        if (value == null && dot > 0 && claims.get(path.substring(0, dot)) instanceof Map<?, ?> object) {
            @SuppressWarnings("unchecked") // JSON objects have string keys
            Map<String, Object> inner = (Map<String, Object>) object;
            return values(inner, path.substring(dot + 1));
        }
        return switch (value) {
            case String one -> List.of(one);
            case List<?> many ->
                many.stream()
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .toList();
            case null, default -> List.of();
        };
    }
}
