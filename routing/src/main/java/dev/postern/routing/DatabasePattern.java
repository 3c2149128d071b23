package dev.postern.routing;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A database name with stars, each for one or more characters. Where a name can be cut in several ways, the stars on the
 * left get as little as possible.
 */
final class DatabasePattern {
    /** Which of two matching patterns decides: the package's documentation has the words. */
    static final Comparator<DatabasePattern> PRECEDENCE = Comparator.comparingInt(
                    (DatabasePattern pattern) -> pattern.literalLength)
            .thenComparingInt(pattern -> pattern.prefix().length())
            .reversed()
            .thenComparing(DatabasePattern::text);

    private final String text;
    /** What stands between the stars: one more than there are stars. Only the first and the last may be empty. */
    private final List<String> literals;

    private final int literalLength;

    private DatabasePattern(String text, List<String> literals) {
        this.text = text;
        this.literals = literals;
        this.literalLength = text.length() - (literals.size() - 1);
    }

    static boolean isPattern(String text) {
        return text.indexOf('*') >= 0;
    }

    /** Of a text with at least one star and no two side by side. */
    static DatabasePattern of(String text) {
        return new DatabasePattern(text, List.of(text.split("\\*", -1)));
    }

    String text() {
        return text;
    }

    /** What a matching name begins with. */
    String prefix() {
        return literals.getFirst();
    }

    /** What the stars stand for, or nothing where the name does not match. */
    Optional<List<String>> match(String name) {
        if (!name.startsWith(prefix())) {
            return Optional.empty();
        }
        List<String> captures = new ArrayList<>(literals.size() - 1);
        int from = prefix().length();
        for (String literal : literals.subList(1, literals.size() - 1)) {
            int at = name.indexOf(literal, from + 1);
            if (at < 0) {
                return Optional.empty();
            }
            captures.add(name.substring(from, at));
            from = at + literal.length();
        }
        int end = name.length() - literals.getLast().length();
        if (end <= from || !name.endsWith(literals.getLast())) {
            return Optional.empty();
        }
        captures.add(name.substring(from, end));
        return Optional.of(captures);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DatabasePattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
