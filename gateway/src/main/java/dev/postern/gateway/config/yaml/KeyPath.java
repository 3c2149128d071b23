package dev.postern.gateway.config.yaml;

/**
 * Where a value stands in the file: {@code routes[2].backend.hosts[0]}. A key that is not a plain word is quoted.
 *
 * @param text the whole path; empty for the root
 * @param key the last key, without quotes; for an element of a list, the key of the list
 */
public record KeyPath(String text, String key) {
    public static final KeyPath ROOT = new KeyPath("", "");

    public KeyPath child(String name) {
        String step = isPlain(name) ? name : '"' + Printable.text(name) + '"';
        return new KeyPath(text.isEmpty() ? step : text + '.' + step, name);
    }

    public KeyPath element(int index) {
        return new KeyPath(text + '[' + index + ']', key);
    }

    public boolean isRoot() {
        return text.isEmpty();
    }

    private static boolean isPlain(String name) {
        return !name.isEmpty()
                && name.chars().allMatch(c -> c == '_' || c == '-' || c < 128 && Character.isLetterOrDigit(c));
    }

    @Override
    public String toString() {
        return text;
    }
}
