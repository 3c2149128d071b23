package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which clients take a route. At least one of the two lists has an entry.
 *
 * @param databases names as clients ask for them, case-sensitive; {@code *} inside a name stands for one or more
 *     characters, {@code *} alone for every database
 * @param serverNames TLS server names (SNI), case-insensitive; {@code *.example.com} stands for one label
 */
public record MatchConfig(List<String> databases, List<String> serverNames) implements Checked {
    private static final Pattern SERVER_NAME = Pattern.compile(
            "(\\*\\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?");

    /** RFC 1035, 2.3.4. */
    private static final int MAX_SERVER_NAME = 253;

    public MatchConfig {
        databases = List.copyOf(databases);
        serverNames = List.copyOf(serverNames);
    }

    @Override
    public void check(Checks checks) {
        checks.problem(
                databases.isEmpty() && serverNames.isEmpty(),
                "lists neither databases nor serverNames",
                "databases: [name], or databases: [\"*\"] for every database");
        for (int i = 0; i < databases.size(); i++) {
            checkDatabase(checks.at("databases", i), databases.get(i));
        }
        for (int i = 0; i < serverNames.size(); i++) {
            String name = serverNames.get(i);
            checks.at("serverNames", i)
                    .problem(
                            name.length() > MAX_SERVER_NAME
                                    || !SERVER_NAME.matcher(name).matches(),
                            "is not a server name",
                            "a host name such as orders.db.example.com, or *.db.example.com");
        }
    }

    private static void checkDatabase(Checks checks, String name) {
        checks.problem(name.isEmpty(), "is empty", "a database name")
                .problem(name.contains("**"), "has two * side by side, which stand for no more than one", "a single *")
                .problem(name.indexOf('\0') >= 0, "holds a zero byte", "a database name");
    }
}
