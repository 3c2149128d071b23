package dev.postern.gateway.config.yaml;

import java.util.Arrays;
import java.util.List;

/** The words behind "expected:". */
final class Expected {
    private Expected() {}

    static String oneOf(List<String> words) {
        return words.size() == 1 ? words.getFirst() : "one of " + String.join(", ", words);
    }

    static String object(List<String> keys) {
        return keys.isEmpty() ? "{}" : "an object with the keys " + String.join(", ", keys);
    }

    static String variant(List<String> keys) {
        return "an object with one of the keys " + String.join(", ", keys);
    }

    static String variants(Class<?> sealed) {
        return oneOf(Records.variants(sealed).stream().map(Records::variantKey).toList());
    }

    static String keywords(Class<?> enumType) {
        return oneOf(Arrays.stream(enumType.getEnumConstants())
                .map(constant -> ((Keyword) constant).keyword())
                .toList());
    }
}
