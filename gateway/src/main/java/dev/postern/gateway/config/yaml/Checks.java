package dev.postern.gateway.config.yaml;

import java.time.Duration;
import java.util.Collection;

/** What a {@link Checked} record says about its components; every problem becomes one line at the key's position. */
public final class Checks {
    private final Problems problems;
    private final KeyPath path;

    public Checks(Problems problems, KeyPath path) {
        this.problems = problems;
        this.path = path;
    }

    /** Both bounds are allowed values. */
    public Checks range(String key, int value, int min, int max) {
        if (value < min || value > max) {
            problems.report(path.child(key), value + " is out of range", "a number from " + min + " to " + max);
        }
        return this;
    }

    /** Both bounds are allowed values. */
    public Checks range(String key, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            problems.report(
                    path.child(key),
                    Durations.print(value) + " is out of range",
                    "a duration from " + Durations.print(min) + " to " + Durations.print(max));
        }
        return this;
    }

    public Checks notEmpty(String key, Collection<?> values, String expected) {
        if (values.isEmpty()) {
            problems.report(path.child(key), "is missing or empty", expected);
        }
        return this;
    }

    public Checks notBlank(String key, String value, String expected) {
        if (value.isBlank()) {
            problems.report(path.child(key), "is empty", expected);
        }
        return this;
    }

    /** A problem of one key. */
    public Checks problem(boolean wrong, String key, String what, String expected) {
        if (wrong) {
            problems.report(path.child(key), what, expected);
        }
        return this;
    }

    /** A problem of the object as a whole. */
    public Checks problem(boolean wrong, String what, String expected) {
        if (wrong) {
            problems.report(path, what, expected);
        }
        return this;
    }

    /** For the elements of a list or the values of a map. */
    public Checks at(String key) {
        return new Checks(problems, path.child(key));
    }

    public Checks at(String key, int index) {
        return new Checks(problems, path.child(key).element(index));
    }
}
