package dev.postern.gateway.relay;

import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The settings that make one session different from a fresh one: what a client asked for in its startup packet and what
 * it SET since, or what was put on a server connection. Immutable; names are lower case, as PostgreSQL compares them.
 * A link compares the client's with the server's, by identity first: equal ones cost nothing.
 */
public final class SessionSettings {
    public static final SessionSettings NONE = new SessionSettings(new TreeMap<>());

    /**
     * Settings that the server reports by ParameterStatus and that a session may change (protocol chapter, "Asynchronous
     * Operations"): a report of one of these is how a SET becomes known.
     */
    private static final Set<String> ALWAYS_REPORTED = Set.of(
            "application_name",
            "client_encoding",
            "datestyle",
            "intervalstyle",
            "standard_conforming_strings",
            "timezone");

    /** By PostgreSQL 14 and 18. */
    private static final Set<String> REPORTED_BY_SOME = Set.of("default_transaction_read_only", "search_path");

    private final TreeMap<String, String> values;
    private final int hash;

    private SessionSettings(TreeMap<String, String> values) {
        this.values = values;
        this.hash = values.hashCode();
    }

    public static SessionSettings of(Map<String, String> values) {
        if (values.isEmpty()) {
            return NONE;
        }
        TreeMap<String, String> named = new TreeMap<>();
        values.forEach((name, value) -> named.put(key(name), value));
        return new SessionSettings(named);
    }

    public static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /** Whether a change of this setting in a session is announced by the server, and can be made by SET. */
    public static boolean isReported(String name) {
        String key = key(name);
        return ALWAYS_REPORTED.contains(key) || REPORTED_BY_SOME.contains(key);
    }

    /** Whether every server does so. */
    static boolean isAlwaysReported(String key) {
        return ALWAYS_REPORTED.contains(key);
    }

    int customCount() {
        int count = 0;
        for (String name : values.keySet()) {
            count += isCustom(name) ? 1 : 0;
        }
        return count;
    }

    /** Applications make up settings with a dot in the name; extensions have such as well. */
    static boolean isCustom(String name) {
        return name.indexOf('.') > 0;
    }

    public SessionSettings with(String name, String value) {
        String key = key(name);
        if (value.equals(values.get(key))) {
            return this;
        }
        TreeMap<String, String> changed = new TreeMap<>(values);
        changed.put(key, value);
        return new SessionSettings(changed);
    }

    /** These, and from the others those that are not among these. */
    SessionSettings orElse(SessionSettings others) {
        TreeMap<String, String> both = new TreeMap<>(others.values);
        both.putAll(values);
        return both.isEmpty() ? NONE : new SessionSettings(both);
    }

    /** Adds the names with a dot, as long as there are not more than {@code most}. */
    void addCustomTo(Set<String> names, int most) {
        for (String name : values.keySet()) {
            if (isCustom(name) && names.size() < most) {
                names.add(name);
            }
        }
    }

    public SessionSettings without(String name) {
        String key = key(name);
        if (!values.containsKey(key)) {
            return this;
        }
        TreeMap<String, String> changed = new TreeMap<>(values);
        changed.remove(key);
        return changed.isEmpty() ? NONE : new SessionSettings(changed);
    }

    public @Nullable String get(String name) {
        return values.get(key(name));
    }

    public Map<String, String> values() {
        return Collections.unmodifiableMap(values);
    }

    public boolean isEmpty() {
        return values.isEmpty();
    }

    @Override
    public boolean equals(Object other) {
        return this == other
                || other instanceof SessionSettings that && hash == that.hash && values.equals(that.values);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return "SessionSettings" + values.keySet();
    }
}
