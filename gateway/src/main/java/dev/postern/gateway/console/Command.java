package dev.postern.gateway.console;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an operator asks for. One command a query, with at most one argument, as in PgBouncer. */
sealed interface Command {
    /** {@code SHOW what}, or {@code SELECT what}; in lower case. */
    record Show(String what, String query) implements Command {}

    /** {@code SET key = value}, or {@code SET key TO value}. */
    record Set(String key, String value) implements Command {}

    /** A verb with its argument, which may be empty. */
    record Run(Verb verb, String argument, String query) implements Command {}

    /** Nothing, or nothing but semicolons. */
    record Empty() implements Command {}

    /** No command of the console's. */
    record Invalid(String query) implements Command {}

    /** Too long, or an empty name. */
    record BadArguments() implements Command {}

    /** Commands that change something, or wait for it. */
    enum Verb {
        DISABLE,
        ENABLE,
        KILL,
        KILL_CLIENT,
        PAUSE,
        RECONNECT,
        RELOAD,
        RESUME,
        SHUTDOWN,
        SUSPEND,
        WAIT_CLOSE
    }

    int MOST_COMMAND = 15;
    int MOST_ARGUMENT = 63;
    int MOST_VALUE = 255;

    String WORD = "(\"[^\"]*+(?:\"\"[^\"]*+)*+\"|[0-9a-z_.@-]+)";
    Pattern NORMAL = Pattern.compile("\\s*" + WORD + "(?:\\s+" + WORD + ")?\\s*(?:;\\s*)?", Pattern.CASE_INSENSITIVE);
    Pattern SET_WORD = Pattern.compile(
            "\\s*set\\s+" + WORD + "\\s*(?:=|\\s+to\\s)\\s*" + WORD + "\\s*(?:;\\s*)?", Pattern.CASE_INSENSITIVE);
    Pattern SET_STRING = Pattern.compile(
            "\\s*set\\s+" + WORD + "\\s*(?:=|\\s+to\\s)\\s*('[^']*+(?:''[^']*+)*+')\\s*(?:;\\s*)?",
            Pattern.CASE_INSENSITIVE);
    Pattern NOTHING = Pattern.compile("[\\s;]*");

    /** Reads a query. Never throws for what it holds. */
    static Command parse(String query) {
        if (NOTHING.matcher(query).matches()) {
            return new Empty();
        }
        Matcher string = SET_STRING.matcher(query);
        if (string.matches()) {
            return set(string.group(1), unquoted(string.group(2), '\''));
        }
        Matcher word = SET_WORD.matcher(query);
        if (word.matches()) {
            return set(word.group(1), unquoted(word.group(2), '"'));
        }
        Matcher normal = NORMAL.matcher(query);
        return normal.matches() ? normal(normal, query) : new Invalid(query);
    }

    private static Command set(String key, String value) {
        String name = unquoted(key, '"').toLowerCase(Locale.ROOT);
        return name.isEmpty() || name.length() > MOST_ARGUMENT || value.length() > MOST_VALUE
                ? new BadArguments()
                : new Set(name, value);
    }

    private static Command normal(Matcher matcher, String query) {
        String name = unquoted(matcher.group(1), '"').toLowerCase(Locale.ROOT);
        String argument = matcher.group(2) == null ? "" : unquoted(matcher.group(2), '"');
        if (name.length() > MOST_COMMAND || argument.length() > MOST_ARGUMENT) {
            return new BadArguments();
        }
        if (name.equals("show") || name.equals("select")) {
            return new Show(argument.toLowerCase(Locale.ROOT), query);
        }
        for (Verb verb : Verb.values()) {
            if (verb.name().toLowerCase(Locale.ROOT).equals(name)) {
                return new Run(verb, argument, query);
            }
        }
        return new Invalid(query);
    }

    private static String unquoted(String text, char quote) {
        if (text.length() < 2 || text.charAt(0) != quote) {
            return text;
        }
        String inner = text.substring(1, text.length() - 1);
        return inner.replace(String.valueOf(quote) + quote, String.valueOf(quote));
    }
}
