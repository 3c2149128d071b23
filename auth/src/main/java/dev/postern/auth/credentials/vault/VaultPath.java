package dev.postern.auth.credentials.vault;

import java.util.List;

/**
 * A path in Vault and what kind of thing is there.
 *
 * @param path as an operator writes it, without {@code /v1/}
 * @param kind declared, or AUTO: told from the path ({@code creds}, {@code static-creds}, {@code data}) and, for KV, from the answer
 * @param userField member of a KV entry that holds the user
 * @param passwordField member of a KV entry that holds the password
 */
public record VaultPath(String path, Kind kind, String userField, String passwordField) {
    /** What is read there. */
    public enum Kind {
        AUTO,
        DYNAMIC,
        STATIC,
        KV1,
        KV2
    }

    public VaultPath {
        path = path.replaceAll("^/+|/+$", "");
        if (path.isEmpty() || path.contains("..") || path.contains("?") || path.contains("#")) {
            throw new IllegalArgumentException("Vault path \"" + path + "\" (expected: mount/creds/role or the like)");
        }
    }

    public static VaultPath of(String path) {
        return new VaultPath(path, Kind.AUTO, "username", "password");
    }

    public VaultPath as(Kind declared) {
        return new VaultPath(path, declared, userField, passwordField);
    }

    /** A mount's name may have several segments, a role's has one. */
    Kind effectiveKind() {
        if (kind != Kind.AUTO) {
            return kind;
        }
        List<String> segments = List.of(path.split("/", -1));
        boolean isKv2 = segments.size() > 2 && segments.get(1).equals("data");
        if (segments.size() < 3 || isKv2) {
            return isKv2 ? Kind.KV2 : Kind.AUTO;
        }
        return switch (segments.get(segments.size() - 2)) {
            case "creds" -> Kind.DYNAMIC;
            case "static-creds" -> Kind.STATIC;
            default -> Kind.AUTO;
        };
    }
}
