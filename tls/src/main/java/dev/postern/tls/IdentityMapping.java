package dev.postern.tls;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * One line of an identity map, with PostgreSQL's rules: an identity that begins with a slash is a regular expression,
 * not anchored unless it says so; {@code \1} in the role stands for its first group; a role that begins with a slash is a
 * regular expression itself, and {@code all} is any role.
 */
public final class IdentityMapping {
    private static final String CAPTURED = "\\1";

    private final String identity;
    private final String role;
    private final Optional<Pattern> identityPattern;
    private final Optional<Pattern> rolePattern;

    private IdentityMapping(String identity, String role) {
        this.identity = identity;
        this.role = role;
        this.identityPattern = pattern(identity);
        this.rolePattern = pattern(role);
        boolean captures =
                identityPattern.map(p -> p.matcher("").groupCount() > 0).orElse(false);
        if (role.contains(CAPTURED) && !captures) {
            throw new IllegalArgumentException("role " + role + " refers to a group, and identity " + identity
                    + " has none (expected: /...(...))");
        }
    }

    /**
     * @param identity a name, or a slash and a regular expression
     * @param role a role, {@code all}, or a slash and a regular expression
     * @throws IllegalArgumentException naming what is wrong with them
     */
    public static IdentityMapping of(String identity, String role) {
        if (identity.isEmpty() || role.isEmpty()) {
            throw new IllegalArgumentException("an identity mapping needs an identity and a role");
        }
        return new IdentityMapping(identity, role);
    }

    private static Optional<Pattern> pattern(String text) {
        if (!text.startsWith("/")) {
            return Optional.empty();
        }
        try {
            return Optional.of(Pattern.compile(text.substring(1)));
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "regular expression " + text.substring(1) + ": " + e.getDescription(), e);
        }
    }

    /** May the holder of this name log in as this role? */
    public boolean allows(String name, String requestedRole) {
        if (identityPattern.isEmpty()) {
            return identity.equals(name) && roleFits(requestedRole);
        }
        Matcher matcher = identityPattern.get().matcher(name);
        if (!matcher.find()) {
            return false;
        }
        if (!role.contains(CAPTURED)) {
            return roleFits(requestedRole);
        }
        String captured = matcher.group(1) == null ? "" : matcher.group(1);
        // What a certificate says is never read as a pattern or a keyword.
        int at = role.indexOf(CAPTURED);
        String expanded = role.substring(0, at) + captured + role.substring(at + CAPTURED.length());
        return !captured.isEmpty() && expanded.equals(requestedRole);
    }

    private boolean roleFits(String requestedRole) {
        return role.equals("all")
                || rolePattern.map(p -> p.matcher(requestedRole).find()).orElse(role.equals(requestedRole));
    }

    @Override
    public String toString() {
        return identity + " -> " + role;
    }
}
