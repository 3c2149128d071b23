package dev.postern.gateway.config.yaml;

import java.util.Comparator;

/**
 * One thing that is wrong in a configuration file, printed as {@code file:line:column path: what (expected: ...)}.
 *
 * @param file the file as the operator named it
 * @param line counted from 1; 0 where the file as a whole is meant (it cannot be read)
 * @param column counted from 1, in characters
 * @param path the key, as in {@code routes[2].backend.hosts[0]}; empty for the whole file
 * @param what what is wrong; never holds a secret
 * @param expected what would be right; empty where {@code what} says it all
 */
public record Problem(String file, int line, int column, String path, String what, String expected)
        implements Comparable<Problem> {

    private static final Comparator<Problem> BY_POSITION = Comparator.comparing(Problem::file)
            .thenComparingInt(Problem::line)
            .thenComparingInt(Problem::column)
            .thenComparing(Problem::path)
            .thenComparing(Problem::what)
            .thenComparing(Problem::expected);

    @Override
    public int compareTo(Problem other) {
        return BY_POSITION.compare(this, other);
    }

    /** The line that {@code postern check} prints. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(file);
        if (line > 0) {
            text.append(':').append(line).append(':').append(column);
        }
        if (path.isEmpty()) {
            text.append(':');
        } else {
            text.append(' ').append(path).append(':');
        }
        text.append(' ').append(what);
        if (!expected.isEmpty()) {
            text.append(" (expected: ").append(expected).append(')');
        }
        return text.toString();
    }
}
