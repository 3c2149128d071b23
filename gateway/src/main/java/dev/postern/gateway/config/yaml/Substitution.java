package dev.postern.gateway.config.yaml;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts environment variables into a scalar: {@code ${NAME}}, {@code ${NAME:-text if unset or empty}}, and {@code $${} for
 * a literal <code>${</code>. What is put in is not looked at again.
 */
final class Substitution {
    private static final Pattern REFERENCE =
            Pattern.compile("\\$\\$\\{|\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?}|\\$\\{");

    private final Map<String, String> environment;

    Substitution(Map<String, String> environment) {
        this.environment = environment;
    }

    static boolean concerns(String text) {
        return text.contains("${");
    }

    /**
     * The text with its references replaced.
     *
     * @throws IllegalArgumentException whose message names the variable that is not set, or the malformed reference
     */
    String apply(String text) {
        Matcher matcher = REFERENCE.matcher(text);
        StringBuilder result = new StringBuilder();
        while (matcher.find()) {
            matcher.appendReplacement(result, Matcher.quoteReplacement(replacement(matcher)));
        }
        return matcher.appendTail(result).toString();
    }

    private String replacement(Matcher matcher) {
        if (matcher.group().equals("$${")) {
            return "${";
        }
        String name = matcher.group(1);
        if (name == null) {
            throw new IllegalArgumentException("holds a ${ that names no variable");
        }
        String value = environment.getOrDefault(name, "");
        String instead = matcher.group(2);
        if (!value.isEmpty()) {
            return value;
        }
        if (instead != null) {
            return instead;
        }
        if (!environment.containsKey(name)) {
            throw new IllegalArgumentException("the environment variable " + name + " is not set");
        }
        return value;
    }
}
