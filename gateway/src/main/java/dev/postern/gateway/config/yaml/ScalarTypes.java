package dev.postern.gateway.config.yaml;

import dev.postern.auth.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The scalar types every configuration has, and those that a caller adds. */
public final class ScalarTypes {
    private final Map<Class<?>, ScalarType<?>> byClass = new HashMap<>();

    public ScalarTypes(ConfigFiles files, Collection<ScalarType<?>> more) {
        add(new ScalarType<>(String.class, "text", text -> text, ""));
        add(new ScalarType<>(int.class, "a whole number", ScalarTypes::wholeNumber, 0));
        add(new ScalarType<>(Integer.class, "a whole number", ScalarTypes::wholeNumber, 0));
        add(new ScalarType<>(boolean.class, "true or false", ScalarTypes::flag, false));
        add(new ScalarType<>(Duration.class, Durations.EXPECTED, Durations::parse, Duration.ZERO));
        add(new ScalarType<>(Secret.class, "text (a secret)", Secret::ofText, Secret.ofText("")));
        add(new ScalarType<>(Path.class, files.expected(), files::resolve, Path.of("")));
        more.forEach(this::add);
    }

    Optional<ScalarType<?>> of(Class<?> type) {
        return Optional.ofNullable(byClass.get(type));
    }

    private void add(ScalarType<?> type) {
        byClass.put(type.type(), type);
    }

    private static int wholeNumber(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("is not a whole number", e);
        }
    }

    private static boolean flag(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("is neither true nor false");
        };
    }
}
