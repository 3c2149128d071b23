package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * An entry of a map as in pg_ident.conf.
 *
 * @param identity who somebody is outside: a name, or a slash and a regular expression
 * @param role as which role it may log in: a name (in which {@code \\1} stands for what the expression's first group found),
 *     {@code all}, or a slash and a regular expression
 */
public record IdentityMapConfig(String identity, String role) implements Checked {
    @Override
    public void check(Checks checks) {
        checks.notBlank("identity", identity, "a name, or / and a regular expression")
                .notBlank("role", role, "a role, all, or / and a regular expression");
        pattern(checks, "identity", identity);
        pattern(checks, "role", role);
        checks.problem(
                role.contains("\\1") && !(identity.startsWith("/") && identity.indexOf('(') >= 0),
                "role",
                "refers to a group, and identity has none",
                "an identity such as /^(.*)@example\\.com$");
    }

    private static void pattern(Checks checks, String key, String value) {
        if (!value.startsWith("/")) {
            return;
        }
        try {
            Pattern.compile(value.substring(1));
        } catch (PatternSyntaxException e) {
            checks.problem(true, key, "is no regular expression: " + e.getDescription(), "one that Java reads");
        }
    }
}
