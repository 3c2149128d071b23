package dev.postern.gateway.config.yaml;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The reflection that the binder needs, and nothing else. Failures here are bugs of a record, not of a file. */
final class Records {
    private Records() {}

    static Object read(Record instance, RecordComponent component) {
        try {
            return component.getAccessor().invoke(instance);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }

    static <R> R construct(Class<R> type, Object[] arguments) {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            return type.getDeclaredConstructor(types).newInstance(arguments);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot construct " + type.getName(), e);
        }
    }

    static List<String> keys(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
    }

    /** The records of a sealed interface, also those below another sealed interface, in the order of the source. */
    static List<Class<?>> variants(Class<?> sealed) {
        List<Class<?>> records = new ArrayList<>();
        for (Class<?> permitted : sealed.getPermittedSubclasses()) {
            if (permitted.isRecord()) {
                records.add(permitted);
            } else {
                records.addAll(variants(permitted));
            }
        }
        return records;
    }

    /** The key that chooses one record of a sealed interface: {@code PassThrough} is written {@code passThrough}. */
    static String variantKey(Class<?> variant) {
        String name = variant.getSimpleName();
        return name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
    }

    /** A variant with the one component {@code value} is written as that value, without an object around it. */
    static boolean isBareValue(Class<?> variant) {
        return keys(variant).equals(List.of("value"));
    }
}
