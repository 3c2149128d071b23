package dev.postern.auth.credentials.vault;

import static dev.postern.auth.credentials.vault.DoubleAnswer.map;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The database secrets engine of one mount. */
final class DoubleDatabase {
    record Role(DoubleRoles roles, Duration ttl, Duration maxTtl, boolean allowed) {}

    static final class StaticRole {
        final DoubleRoles roles;
        final String user;
        final Duration period;
        /** How long the engine still answers with the password that no longer logs in. */
        final Duration staleWindow;

        Instant rotated;
        String password;
        String next = "";
        Instant nextVisibleAt = Instant.MAX;

        StaticRole(DoubleRoles roles, String user, Duration period, Duration staleWindow, String password, Instant at) {
            this.roles = roles;
            this.user = user;
            this.period = period;
            this.staleWindow = staleWindow;
            this.password = password;
            this.rotated = at;
        }
    }

    private final String mount;
    private final Supplier<Instant> clock;
    private final DoubleLeases leases;
    private final Map<String, Role> roles = new TreeMap<>();
    private final Map<String, StaticRole> staticRoles = new LinkedHashMap<>();

    DoubleDatabase(String mount, Supplier<Instant> clock, DoubleLeases leases) {
        this.mount = mount;
        this.clock = clock;
        this.leases = leases;
    }

    void put(String name, Role role) {
        roles.put(name, role);
    }

    void putStatic(String name, StaticRole role) throws DoubleRoles.DatabaseProblem {
        role.roles.setPassword(role.user, role.password);
        staticRoles.put(name, role);
    }

    DoubleAnswer handle(String path, DoubleRequest request, DoubleTokens.Token token) {
        int slash = path.indexOf('/');
        String kind = slash < 0 ? path : path.substring(0, slash);
        String name = slash < 0 ? "" : path.substring(slash + 1);
        if (kind.equals("roles") && request.isList()) {
            return DoubleAnswer.data(map("keys", List.copyOf(roles.keySet())));
        }
        if (kind.equals("rotate-role") && request.isWrite()) {
            return rotateByHand(name);
        }
        if (!request.method().equals("GET")) {
            return DoubleAnswer.wrappedError(405, "unsupported operation");
        }
        return switch (kind) {
            case "creds" -> creds(name, token);
            case "static-creds" -> staticCreds(name);
            case "roles" -> readRole(name);
            case "config" -> readConfig();
            default -> DoubleAnswer.wrappedError(404, "unsupported path");
        };
    }

    private DoubleAnswer creds(String name, DoubleTokens.Token token) {
        Role role = roles.get(name);
        if (role == null) {
            return DoubleAnswer.error(400, "unknown role: " + name);
        }
        if (!role.allowed()) {
            return DoubleAnswer.wrappedError(500, "\"" + name + "\" is not an allowed role");
        }
        Instant now = clock.get();
        String user = "v-" + cut(token.displayName) + "-" + cut(name) + "-" + DoubleRandom.text(20) + "-"
                + now.getEpochSecond();
        String password = DoubleRandom.text(20);
        Duration ttl = role.ttl();
        if (token.rules.batch()) {
            Duration left = Duration.between(now, token.expires);
            ttl = ttl.compareTo(left) > 0 ? left : ttl;
        }
        try {
            role.roles().create(user, password, now.plus(ttl).plus(DoubleLeases.VALID_UNTIL_BUFFER));
        } catch (DoubleRoles.DatabaseProblem e) {
            return DoubleAnswer.wrappedError(500, "unable to start transaction: " + e.getMessage());
        }
        String leaseId = mount + "/creds/" + name + "/" + DoubleRandom.text(24);
        leases.add(new DoubleLeases.Lease(leaseId, user, role.roles(), token, ttl, role.maxTtl(), now));
        return DoubleAnswer.lease(leaseId, ttl.toSeconds(), map("password", password, "username", user), List.of());
    }

    private static String cut(String name) {
        return name.length() > 8 ? name.substring(0, 8) : name;
    }

    private DoubleAnswer staticCreds(String name) {
        StaticRole role = staticRoles.get(name);
        if (role == null) {
            return DoubleAnswer.error(400, "unknown role: " + name);
        }
        long ttl = Math.max(
                0, Duration.between(clock.get(), role.rotated.plus(role.period)).toSeconds());
        return DoubleAnswer.data(map(
                "last_vault_rotation",
                DoubleAnswer.time(role.rotated),
                "password",
                role.password,
                "rotation_period",
                role.period.toSeconds(),
                "ttl",
                ttl,
                "username",
                role.user));
    }

    private DoubleAnswer rotateByHand(String name) {
        StaticRole role = staticRoles.get(name);
        if (role == null) {
            return DoubleAnswer.error(400, "no static role found for role name");
        }
        rotate(role);
        finishRotation(role);
        return DoubleAnswer.NO_CONTENT;
    }

    void rotateNow(String name) {
        StaticRole role = staticRoles.get(name);
        if (role != null && role.next.isEmpty()) {
            rotate(role);
        }
    }

    /** The password changes in the database first; the engine's own copy follows a little later. */
    void rotateDue() {
        for (StaticRole role : staticRoles.values()) {
            if (!clock.get().isBefore(role.nextVisibleAt)) {
                finishRotation(role);
            }
            if (role.next.isEmpty() && !clock.get().isBefore(role.rotated.plus(role.period))) {
                rotate(role);
            }
        }
    }

    private void rotate(StaticRole role) {
        String password = DoubleRandom.text(20);
        try {
            role.roles.setPassword(role.user, password);
        } catch (DoubleRoles.DatabaseProblem e) {
            return;
        }
        role.next = password;
        role.nextVisibleAt = clock.get().plus(role.staleWindow);
    }

    private void finishRotation(StaticRole role) {
        role.password = role.next;
        role.rotated = clock.get();
        role.next = "";
        role.nextVisibleAt = Instant.MAX;
    }

    private DoubleAnswer readRole(String name) {
        Role role = roles.get(name);
        if (role == null) {
            return DoubleAnswer.error(404);
        }
        List<String> none = List.of();
        Map<String, @Nullable Object> data = map(
                "creation_statements",
                List.of("CREATE ROLE ..."),
                "credential_type",
                "password",
                "db_name",
                "orders",
                "default_ttl",
                role.ttl().toSeconds(),
                "max_ttl",
                role.maxTtl().toSeconds(),
                "renew_statements",
                none,
                "revocation_statements",
                none,
                "rollback_statements",
                none);
        return DoubleAnswer.data(data);
    }

    private DoubleAnswer readConfig() {
        return DoubleAnswer.data(map(
                "allowed_roles",
                List.of("*"),
                "connection_details",
                map(
                        "connection_url", "postgresql://{{username}}:{{password}}@127.0.0.1/orders",
                        "max_open_connections", 8L,
                        "password_authentication", "scram-sha-256",
                        "username", "vaultadmin"),
                "password_policy",
                "",
                "plugin_name",
                "postgresql-database-plugin",
                "plugin_version",
                "",
                "root_credentials_rotate_statements",
                List.of()));
    }
}
