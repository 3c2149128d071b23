package dev.postern.routing;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The route that a client names in its {@code options}: {@code -c postern.route=NAME}, {@code -cpostern.route=NAME},
 * {@code --postern.route=NAME}, or the bare {@code endpoint=NAME} that other gateways know. Of several the last counts,
 * as in PostgreSQL.
 *
 * @param route the name, if there is one
 * @param remaining the options without it, for the server, as the client wrote them
 */
public record RouteOption(Optional<String> route, String remaining) {
    private static final String SETTING = "postern.route=";
    private static final String ENDPOINT = "endpoint=";

    /** One word of the options: PostgreSQL splits at white space, and a backslash takes the next character as it is. */
    private record Word(String raw, String text) {}

    /** Takes the route out of the options; costs nothing to speak of where there is none. */
    public static RouteOption take(String options) {
        if (!options.contains(SETTING) && !options.contains(ENDPOINT)) {
            return new RouteOption(Optional.empty(), options);
        }
        Optional<String> route = Optional.empty();
        List<String> remaining = new ArrayList<>();
        List<Word> words = words(options);
        for (int i = 0; i < words.size(); i++) {
            boolean twoWords = words.get(i).text.equals("-c") && i + 1 < words.size();
            Optional<String> named = named(words.get(i).text + (twoWords ? words.get(i + 1).text : ""));
            if (named.isPresent()) {
                route = named;
            } else {
                remaining.add(words.get(i).raw + (twoWords ? " " + words.get(i + 1).raw : ""));
            }
            i += twoWords ? 1 : 0;
        }
        return new RouteOption(route, String.join(" ", remaining));
    }

    private static Optional<String> named(String word) {
        for (String start : List.of("-c" + SETTING, "--" + SETTING, ENDPOINT)) {
            if (word.startsWith(start)) {
                return Optional.of(word.substring(start.length()));
            }
        }
        return Optional.empty();
    }

    private static List<Word> words(String options) {
        List<Word> words = new ArrayList<>();
        int at = 0;
        while (at < options.length()) {
            if (isSpace(options.charAt(at))) {
                at++;
                continue;
            }
            int start = at;
            StringBuilder text = new StringBuilder();
            while (at < options.length() && !isSpace(options.charAt(at))) {
                if (options.charAt(at) == '\\' && at + 1 < options.length()) {
                    at++;
                }
                text.append(options.charAt(at++));
            }
            words.add(new Word(options.substring(start, at), text.toString()));
        }
        return words;
    }

    /** As C's isspace in PostgreSQL's pg_split_opts. */
    private static boolean isSpace(char c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }
}
