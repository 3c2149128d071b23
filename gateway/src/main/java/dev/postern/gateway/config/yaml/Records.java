package dev.postern.gateway.config.yaml;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The reflection that the binder needs, and nothing else. Failures here are bugs of a record, not of a file. */
final class Records {
    /** Looked up once for each record class: a file may have tens of thousands of objects. */
    private static final ClassValue<Shape> SHAPES = new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
            return Shape.of(type);
        }
    };

    private record Shape(List<RecordComponent> components, List<String> keys, Constructor<?> constructor) {
        static Shape of(Class<?> type) {
            List<RecordComponent> components = List.of(type.getRecordComponents());
            Class<?>[] types = components.stream().map(RecordComponent::getType).toArray(Class<?>[]::new);
            try {
                return new Shape(
                        components,
                        components.stream().map(RecordComponent::getName).toList(),
                        type.getDeclaredConstructor(types));
            } catch (NoSuchMethodException e) {
                throw new IllegalStateException("no canonical constructor in " + type.getName(), e);
            }
        }
    }

    private Records() {}

    static Object read(Record instance, RecordComponent component) {
        try {
            return component.getAccessor().invoke(instance);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }

    static <R> R construct(Class<R> type, Object[] arguments) {
        try {
            return type.cast(SHAPES.get(type).constructor.newInstance(arguments));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot construct " + type.getName(), e);
        }
    }

    static List<RecordComponent> components(Class<?> type) {
        return SHAPES.get(type).components;
    }

    static List<String> keys(Class<?> type) {
        return SHAPES.get(type).keys;
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
