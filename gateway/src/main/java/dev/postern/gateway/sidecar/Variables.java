package dev.postern.gateway.sidecar;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The environment. A variable that is set and empty counts as not set. A variable of one database among several has the
 * database's number behind its first word, {@code VAULT_0_PATH}; without it the one of all, {@code VAULT_PATH}, counts.
 */
final class Variables {
    static final String DSN = "PGBOUNCER_DSN_";

    /** What is different in every database, so that its number is seen by these. */
    private static final Pattern NUMBERED =
            Pattern.compile("(?:DB_([0-9]{1,3})_(?:NAME|HOST)|VAULT_([0-9]{1,3})_PATH|RDS_([0-9]{1,3})_HOST)");

    private final Map<String, String> environment;

    /** One that is set. */
    record Variable(String name, String value) {}

    Variables(Map<String, String> environment) {
        this.environment = environment;
    }

    Optional<Variable> get(String name) {
        String value = environment.getOrDefault(name, "").strip();
        return value.isEmpty() ? Optional.empty() : Optional.of(new Variable(name, value));
    }

    /** That of a database. */
    Optional<Variable> of(String number, String name) {
        return own(number, name).or(() -> get(name));
    }

    /** That of this database alone. */
    Optional<Variable> own(String number, String name) {
        return get(numbered(number, name));
    }

    /** {@code VAULT_PATH} of database 0 is {@code VAULT_0_PATH}; the number of the one that has none is empty. */
    static String numbered(String number, String name) {
        return number.isEmpty() ? name : name.replaceFirst("_", "_" + number + "_");
    }

    /** Every database: those with numbers, and the one without where it has a name of its own or is the only one. */
    SortedSet<String> databases() {
        SortedSet<String> numbers =
                new TreeSet<>((a, b) -> a.length() == b.length() ? a.compareTo(b) : a.length() - b.length());
        for (String name : environment.keySet()) {
            Matcher matcher = NUMBERED.matcher(name);
            if (matcher.matches() && get(name).isPresent()) {
                for (int group = 1; group <= matcher.groupCount(); group++) {
                    Optional.ofNullable(matcher.group(group)).ifPresent(numbers::add);
                }
            }
        }
        boolean alone = numbers.isEmpty() && dsns().isEmpty();
        if (alone || get("DB_NAME").isPresent()) {
            numbers.add("");
        }
        return numbers;
    }

    /** Lines of PgBouncer's [databases], in order. */
    List<Variable> dsns() {
        return beginningWith(DSN).entrySet().stream()
                .filter(dsn -> dsn.getKey().matches("[0-9]{1,3}"))
                .sorted(Comparator.comparing(dsn -> Integer.parseInt(dsn.getKey())))
                .map(Map.Entry::getValue)
                .toList();
    }

    /** Those that begin so and are set, by what follows. */
    Map<String, Variable> beginningWith(String prefix) {
        Map<String, Variable> found = new TreeMap<>();
        environment
                .keySet()
                .forEach(name -> get(name)
                        .filter(variable -> name.startsWith(prefix))
                        .ifPresent(variable -> found.put(name.substring(prefix.length()), variable)));
        return found;
    }
}
