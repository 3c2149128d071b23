package dev.postern.gateway.protocol;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The settings in the startup parameter {@code options}. Of the server's command line only settings are understood:
 * {@code -c name=value}, {@code -cname=value} and {@code --name=value}; words are split at white space, and a backslash
 * takes the next character as it is (PostgreSQL's pg_split_opts). Dashes in a name mean underscores.
 */
public final class StartupOptions {
    private StartupOptions() {}

    /**
     * The settings in their order; where a name comes twice the last value counts.
     *
     * @throws ProtocolViolation (22023) naming the first option that is not a setting
     */
    public static Map<String, String> parse(String options) {
        SequencedMap<String, String> settings = new LinkedHashMap<>();
        Iterator<String> words = split(options).iterator();
        while (words.hasNext()) {
            String word = words.next();
            if (word.equals("-c")) {
                if (!words.hasNext()) {
                    throw refused("-c requires a value");
                }
                put(settings, words.next(), word);
            } else if (word.startsWith("--")) {
                put(settings, word.substring(2), word);
            } else if (word.startsWith("-c")) {
                put(settings, word.substring(2), word);
            } else {
                throw refused("unsupported startup option: " + word);
            }
        }
        return Collections.unmodifiableMap(settings);
    }

    private static void put(SequencedMap<String, String> settings, String setting, String option) {
        int equals = setting.indexOf('=');
        if (equals <= 0) {
            throw refused(option.equals("-c") ? "-c " + setting + " requires a value" : option + " requires a value");
        }
        settings.putLast(setting.substring(0, equals).replace('-', '_'), setting.substring(equals + 1));
    }

    private static List<String> split(String options) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        for (int i = 0; i < options.length(); i++) {
            char c = options.charAt(i);
            if (isSpace(c)) {
                if (inWord) {
                    words.add(word.toString());
                    word.setLength(0);
                    inWord = false;
                }
                continue;
            }
            inWord = true;
            if (c != '\\') {
                word.append(c);
            } else if (++i < options.length()) {
                word.append(options.charAt(i));
            }
        }
        if (inWord) {
            words.add(word.toString());
        }
        return words;
    }

    /** isspace(3) in the C locale. */
    private static boolean isSpace(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    private static ProtocolViolation refused(String message) {
        return new ProtocolViolation(new Refusal.InvalidStartupParameter(message), message);
    }
}
