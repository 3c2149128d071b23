package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.KeyPath;
import dev.postern.gateway.config.yaml.Problems;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rule of {@code backend.database}: it may use no more captures than every database pattern of the route has stars; in a
 * route without databases, than every server name.
 */
final class BackendDatabase {
    private static final Pattern DOLLAR = Pattern.compile("\\$(\\$|[1-9])?");

    private BackendDatabase() {}

    static void check(RouteConfig route, KeyPath path, Problems problems) {
        String template = route.backend().database().orElse("");
        KeyPath at = path.child("backend").child("database");
        int used = 0;
        Matcher matcher = DOLLAR.matcher(template);
        while (matcher.find()) {
            String what = matcher.group(1);
            if (what == null) {
                problems.report(at, "has a $ that stands for nothing", "$1 to $9, or $$ for a dollar");
            } else if (!what.equals("$")) {
                used = Math.max(used, Integer.parseInt(what));
            }
        }
        if (used > stars(route)) {
            problems.report(
                    at,
                    "uses $" + used + ", but not every database of the route has as many *",
                    "match.databases with patterns only, such as tenant_*, or no databases and serverNames such as"
                            + " *.db.example.com");
        }
    }

    /** The fewest that any database of the route has; where it lists none, the fewest of a server name. */
    private static int stars(RouteConfig route) {
        List<String> names = route.match().databases().isEmpty()
                ? route.match().serverNames()
                : route.match().databases();
        return names.stream()
                .mapToInt(name ->
                        Math.toIntExact(name.chars().filter(c -> c == '*').count()))
                .min()
                .orElse(0);
    }
}
