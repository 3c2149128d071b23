package dev.postern.auth.credentials.json;

import dev.postern.auth.Secret;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A parsed object. Values are {@code JsonObject}, {@code List}, {@code String}, {@link Secret}, {@code Long},
 * {@code Double}, {@code Boolean} or null; a member that is null and one that is missing look the same to the getters.
 */
public final class JsonObject {
    public static final JsonObject EMPTY = new JsonObject(Map.of());

    private final Map<String, @Nullable Object> members;

    public JsonObject(Map<String, @Nullable Object> members) {
        this.members = members;
    }

    public Collection<String> names() {
        return members.keySet();
    }

    public @Nullable Object get(String name) {
        return members.get(name);
    }

    /** The object of that name; empty where it is missing, null or something else. */
    public JsonObject object(String name) {
        return members.get(name) instanceof JsonObject value ? value : EMPTY;
    }

    /** The text of that name; empty where it is missing or no text. */
    public String text(String name) {
        return members.get(name) instanceof String value ? value : "";
    }

    public Optional<Secret> secret(String name) {
        return switch (members.get(name)) {
            case Secret value -> Optional.of(value);
            case String value -> Optional.of(Secret.ofText(value));
            case null, default -> Optional.empty();
        };
    }

    public OptionalLong number(String name) {
        return members.get(name) instanceof Long value ? OptionalLong.of(value) : OptionalLong.empty();
    }

    public boolean isTrue(String name) {
        return Boolean.TRUE.equals(members.get(name));
    }

    public List<String> texts(String name) {
        return members.get(name) instanceof List<?> list
                ? list.stream()
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .toList()
                : List.of();
    }

    /** The objects of the list of that name. */
    public List<JsonObject> objects(String name) {
        return members.get(name) instanceof List<?> list
                ? list.stream()
                        .filter(JsonObject.class::isInstance)
                        .map(JsonObject.class::cast)
                        .toList()
                : List.of();
    }

    /** Wipes every secret in it, at any depth. */
    public void wipe() {
        members.values().forEach(JsonObject::wipe);
    }

    private static void wipe(@Nullable Object value) {
        switch (value) {
            case Secret secret -> secret.wipe();
            case JsonObject object -> object.wipe();
            case List<?> list -> list.forEach(JsonObject::wipe);
            case null, default -> {}
        }
    }

    public boolean isEmpty() {
        return members.isEmpty();
    }

    /** A copy that can be changed. */
    public Map<String, @Nullable Object> toMap() {
        return new LinkedHashMap<>(members);
    }

    /** Names only: values may be secret. */
    @Override
    public String toString() {
        return "JsonObject" + members.keySet();
    }
}
