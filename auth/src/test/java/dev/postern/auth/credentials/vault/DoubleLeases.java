package dev.postern.auth.credentials.vault;

import static dev.postern.auth.credentials.vault.DoubleAnswer.map;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Leases: they end with their time, their max ttl, their token or a revoke; the role in the database goes with them. */
final class DoubleLeases {
    static final Duration VALID_UNTIL_BUFFER = Duration.ofSeconds(5);
    private static final Duration REVOKE_RETRY = Duration.ofSeconds(10);

    static final class Lease {
        final String id;
        final String user;
        final DoubleRoles roles;
        final DoubleTokens.Token token;
        final Duration ttl;
        final Duration maxTtl;
        final Instant issued;
        Instant expires;

        @Nullable
        Instant renewed;

        Instant retryRevokeAt = Instant.MIN;

        Lease(
                String id,
                String user,
                DoubleRoles roles,
                DoubleTokens.Token token,
                Duration ttl,
                Duration maxTtl,
                Instant issued) {
            this.id = id;
            this.user = user;
            this.roles = roles;
            this.token = token;
            this.ttl = ttl;
            this.maxTtl = maxTtl;
            this.issued = issued;
            this.expires = issued.plus(ttl);
        }
    }

    private final Supplier<Instant> clock;
    private final Map<String, Lease> leases = new LinkedHashMap<>();

    DoubleLeases(Supplier<Instant> clock) {
        this.clock = clock;
    }

    void add(Lease lease) {
        leases.put(lease.id, lease);
    }

    List<Lease> alive() {
        return leases.values().stream()
                .filter(l -> clock.get().isBefore(l.expires))
                .toList();
    }

    /** Drops the roles of leases that are over or whose token is gone. */
    void expire(DoubleTokens tokens) {
        for (Lease lease : List.copyOf(leases.values())) {
            boolean over = !clock.get().isBefore(lease.expires);
            boolean orphaned = tokens.alive(lease.token.id) == null;
            if ((over || orphaned) && !clock.get().isBefore(lease.retryRevokeAt)) {
                revoke(lease);
            }
        }
    }

    private String revoke(Lease lease) {
        try {
            lease.roles.drop(lease.user);
            leases.remove(lease.id);
            return "";
        } catch (DoubleRoles.DatabaseProblem e) {
            lease.retryRevokeAt = clock.get().plus(REVOKE_RETRY);
            return String.valueOf(e.getMessage());
        }
    }

    DoubleAnswer handle(String path, DoubleRequest request) {
        if (path.startsWith("revoke-prefix/")) {
            String prefix = path.substring("revoke-prefix/".length());
            for (Lease lease : List.copyOf(leases.values())) {
                if (lease.id.startsWith(prefix)) {
                    revoke(lease);
                }
            }
            return DoubleAnswer.NO_CONTENT;
        }
        int slash = path.indexOf('/');
        String operation = slash < 0 ? path : path.substring(0, slash);
        String id = slash < 0 ? request.body().text("lease_id") : path.substring(slash + 1);
        if (id.isEmpty()) {
            return DoubleAnswer.error(400, "lease_id must be specified");
        }
        Lease lease = leases.get(id);
        return switch (operation) {
            case "lookup" -> lookup(lease);
            case "renew" -> renew(lease, request.body().get("increment"));
            case "revoke" -> revokeByHand(lease);
            default -> DoubleAnswer.wrappedError(404, "unsupported path");
        };
    }

    private DoubleAnswer lookup(@Nullable Lease lease) {
        if (lease == null) {
            return DoubleAnswer.error(400, "invalid lease");
        }
        return DoubleAnswer.data(map(
                "expire_time",
                DoubleAnswer.time(lease.expires),
                "id",
                lease.id,
                "issue_time",
                DoubleAnswer.time(lease.issued),
                "last_renewal",
                lease.renewed == null ? null : DoubleAnswer.time(lease.renewed),
                "renewable",
                true,
                "ttl",
                Duration.between(clock.get(), lease.expires).toSeconds()));
    }

    private DoubleAnswer renew(@Nullable Lease lease, @Nullable Object increment) {
        if (lease == null || !clock.get().isBefore(lease.expires)) {
            return DoubleAnswer.error(400, "lease not found");
        }
        Duration asked = seconds(increment, lease.ttl);
        Duration granted = asked;
        List<String> warnings = new ArrayList<>();
        Duration left = leftOf(lease);
        if (granted.compareTo(left) > 0) {
            granted = left;
            warnings.add(capWarning(asked, left));
        }
        if (lease.token.rules.batch()) {
            Duration tokenLeft = Duration.between(clock.get(), lease.token.expires);
            granted = granted.compareTo(tokenLeft) > 0 ? tokenLeft : granted;
        }
        Instant end = clock.get().plus(granted);
        try {
            lease.roles.extend(lease.user, end.plus(VALID_UNTIL_BUFFER));
        } catch (DoubleRoles.DatabaseProblem e) {
            return DoubleAnswer.wrappedError(400, "failed to renew entry: " + e.getMessage());
        }
        lease.expires = end;
        lease.renewed = clock.get();
        return DoubleAnswer.lease(lease.id, granted.toSeconds(), null, warnings);
    }

    /**
     * Of its max ttl, counted in whole seconds: now and the time of issue are cut before they are compared, so that the end
     * of one lease is now up to a second later, now up to a second earlier with each renewal.
     */
    private Duration leftOf(Lease lease) {
        Instant last = lease.issued.truncatedTo(ChronoUnit.SECONDS).plus(lease.maxTtl);
        return Duration.between(clock.get().truncatedTo(ChronoUnit.SECONDS), last);
    }

    private DoubleAnswer revokeByHand(@Nullable Lease lease) {
        String problem = lease == null ? "" : revoke(lease);
        return problem.isEmpty()
                ? DoubleAnswer.NO_CONTENT
                : DoubleAnswer.wrappedError(400, "failed to revoke entry: " + problem);
    }

    static String capWarning(Duration asked, Duration left) {
        return "TTL of \"" + asked.toSeconds() + "s\" exceeded the effective max_ttl of \"" + left.toSeconds()
                + "s\"; TTL value is capped accordingly";
    }

    /** An increment is a number of seconds or a text such as {@code 30s}. */
    static Duration seconds(@Nullable Object increment, Duration otherwise) {
        return switch (increment) {
            case Long number when number > 0 -> Duration.ofSeconds(number);
            case String text
            when text.endsWith("s") -> Duration.ofSeconds(Long.parseLong(text.substring(0, text.length() - 1)));
            case null, default -> otherwise;
        };
    }
}
