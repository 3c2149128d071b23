package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Durations;
import dev.postern.gateway.config.yaml.Keyword;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Every key there is, found by walking through the records. */
final class ConfigKeys {
    /** Types that are one value in the file although they are records. */
    private static final Set<Class<?>> SCALARS = Set.of(
            ListenAddress.class,
            BackendHost.class,
            Cidr.class,
            CaFile.class,
            Folder.class,
            ByteSize.class,
            SocketMode.class);

    /** Where the page has those that stand in several places; the others stand where they are found first. */
    private static final Map<Class<?>, String> HOME = Map.of(CredentialsConfig.class, "routes[].credentials");

    private final List<Key> keys = new ArrayList<>();

    /** Paths of UserSecretConfig repeat under three methods; the page has them once. */
    private final List<Class<?>> sealedSeen = new ArrayList<>();

    /**
     * A key.
     *
     * @param object the path of the object that has it, as in the page's headings
     * @param source the file that declares it
     * @param isVariant whether it chooses one of several
     */
    record Key(String object, String name, String defaultText, String source, boolean isVariant) {}

    private ConfigKeys() {}

    static List<Key> all() {
        ConfigKeys walk = new ConfigKeys();
        walk.record("", GatewayConfig.class);
        return walk.keys;
    }

    private void record(String path, Class<?> type) {
        for (RecordComponent component : type.getRecordComponents()) {
            keys.add(new Key(path, component.getName(), defaultText(type, component), source(type), false));
            String child = path.isEmpty() ? component.getName() : path + "." + component.getName();
            value(child, component.getGenericType());
        }
    }

    private void value(String path, Type type) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            switch (((Class<?>) generic.getRawType()).getSimpleName()) {
                case "List" -> value(path + "[]", arguments[0]);
                case "Map" -> value(path + ".NAME", arguments[1]);
                default -> value(path, arguments[0]);
            }
        } else if (type instanceof Class<?> single && single.isRecord() && !SCALARS.contains(single)) {
            record(path, single);
        } else if (path.equals("admin.clientAuth")) {
            return; // as routes[].clientAuth, where the page has it
        } else if (type instanceof Class<?> single && single.isSealed() && !sealedSeen.contains(single)) {
            if (!path.equals(HOME.getOrDefault(single, path))) {
                return;
            }
            sealedSeen.add(single);
            variants(path, single);
        }
    }

    private void variants(String path, Class<?> sealed) {
        for (Class<?> variant : sealed.getPermittedSubclasses()) {
            if (!variant.isRecord()) {
                variants(path, variant);
                continue;
            }
            String name = variant.getSimpleName().substring(0, 1).toLowerCase(Locale.ROOT)
                    + variant.getSimpleName().substring(1);
            keys.add(new Key(path, name, "one of", source(variant), true));
            boolean bare = variant.getRecordComponents().length == 1
                    && variant.getRecordComponents()[0].getName().equals("value");
            if (!bare) {
                record(path + "." + name, variant);
            }
        }
    }

    private static String defaultText(Class<?> owner, RecordComponent component) {
        Optional<Object> given = ConfigDefaults.ALL.of(owner, component.getName());
        Class<?> type = component.getType();
        if (type == Optional.class) {
            return "none";
        }
        if (type == List.class || type == Map.class) {
            return "empty";
        }
        if (type.isRecord() && !SCALARS.contains(type)) {
            return "object";
        }
        if (type == boolean.class) {
            return given.map(Object::toString).orElse("false");
        }
        return given.map(ConfigKeys::print).orElse("required");
    }

    private static String print(Object value) {
        return switch (value) {
            case Duration duration -> Durations.print(duration);
            case Keyword keyword -> keyword.keyword();
            case String text when text.isEmpty() -> "\"\"";
            default -> value.toString();
        };
    }

    private static String source(Class<?> type) {
        return Optional.<Class<?>>ofNullable(type.getNestHost()).orElse(type).getSimpleName();
    }
}
