package dev.postern.auth.credentials.vault;

import static dev.postern.auth.credentials.vault.DoubleAnswer.map;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tokens with their ends: ttl, max ttl, explicit max ttl, period, uses. */
final class DoubleTokens {
    /** What a login role gives its tokens. Zero durations: no limit. */
    record Rules(
            List<String> paths,
            Duration ttl,
            Duration maxTtl,
            Duration explicitMaxTtl,
            Duration period,
            int uses,
            boolean batch,
            boolean renewable) {
        static Rules of(Duration ttl, Duration maxTtl, String... paths) {
            return new Rules(List.of(paths), ttl, maxTtl, Duration.ZERO, Duration.ZERO, 0, false, true);
        }

        Rules explicitMax(Duration max) {
            return new Rules(paths, ttl, maxTtl, max, period, uses, batch, renewable);
        }

        Rules periodic(Duration newPeriod) {
            return new Rules(paths, newPeriod, maxTtl, explicitMaxTtl, newPeriod, uses, batch, renewable);
        }

        Rules uses(int limit) {
            return new Rules(paths, ttl, maxTtl, explicitMaxTtl, period, limit, batch, renewable);
        }

        Rules asBatch() {
            return new Rules(paths, ttl, maxTtl, explicitMaxTtl, period, uses, true, false);
        }

        Rules notRenewable() {
            return new Rules(paths, ttl, maxTtl, explicitMaxTtl, period, uses, batch, false);
        }
    }

    static final class Token {
        final String id;
        final Rules rules;
        final String namespace;
        final String displayName;
        final @Nullable Map<String, @Nullable Object> metadata;
        final Instant issued;
        Instant expires;
        int usesLeft;

        Token(
                String id,
                Rules rules,
                String namespace,
                String displayName,
                @Nullable Map<String, @Nullable Object> metadata,
                Instant issued) {
            this.id = id;
            this.rules = rules;
            this.namespace = namespace;
            this.displayName = displayName;
            this.metadata = metadata;
            this.issued = issued;
            this.expires = isRoot() ? Instant.MAX : issued.plus(rules.ttl());
            this.usesLeft = rules.uses();
        }

        boolean isRoot() {
            return rules.ttl().isZero();
        }

        boolean mayUse(String path) {
            return isRoot() || rules.paths().stream().anyMatch(p -> matches(p, path)) || matchesDefault(path);
        }

        private static boolean matchesDefault(String path) {
            return List.of(
                            "auth/token/lookup-self",
                            "auth/token/renew-self",
                            "auth/token/revoke-self",
                            "sys/leases/renew",
                            "sys/leases/lookup",
                            "sys/wrapping/unwrap")
                    .contains(path);
        }

        private static boolean matches(String pattern, String path) {
            return pattern.endsWith("*")
                    ? path.startsWith(pattern.substring(0, pattern.length() - 1))
                    : pattern.equals(path);
        }
    }

    private final Supplier<Instant> clock;
    private final Map<String, Token> tokens = new HashMap<>();
    private final List<String> made = new ArrayList<>();

    DoubleTokens(Supplier<Instant> clock) {
        this.clock = clock;
    }

    Token issue(Rules rules, String namespace, String displayName, @Nullable Map<String, @Nullable Object> metadata) {
        String id = (rules.batch() ? "b." + DoubleRandom.text(120) : "s." + DoubleRandom.text(24))
                + (namespace.isEmpty() ? "" : "." + DoubleRandom.text(6));
        return put(new Token(id, rules, namespace, displayName, metadata, clock.get()));
    }

    List<String> made() {
        return List.copyOf(made);
    }

    Token put(Token token) {
        made.add(token.id);
        tokens.put(token.id, token);
        return token;
    }

    @Nullable
    Token alive(String id) {
        Token token = tokens.get(id);
        return token == null || !clock.get().isBefore(token.expires) ? null : token;
    }

    /** One use; a limited token goes from 1 to -1 and is gone after that answer. */
    void countUse(Token token) {
        if (token.rules.uses() > 0) {
            token.usesLeft = token.usesLeft == 1 ? -1 : token.usesLeft - 1;
        }
    }

    boolean isUsedUp(Token token) {
        return token.rules.uses() > 0 && token.usesLeft < 0;
    }

    void remove(String id) {
        tokens.remove(id);
    }

    List<Token> expired() {
        List<Token> over = new ArrayList<>();
        for (Token token : tokens.values()) {
            if (!clock.get().isBefore(token.expires)) {
                over.add(token);
            }
        }
        return over;
    }

    int size() {
        return tokens.size();
    }

    DoubleAnswer renew(Token token, @Nullable Object increment) {
        if (token.rules.batch()) {
            return DoubleAnswer.error(400, "batch tokens cannot be renewed");
        }
        if (!token.rules.renewable() || token.isRoot()) {
            return DoubleAnswer.error(400, "lease is not renewable");
        }
        Duration asked = token.rules.period().isZero()
                ? DoubleLeases.seconds(increment, token.rules.ttl())
                : token.rules.period();
        Duration granted = asked;
        List<String> warnings = new ArrayList<>();
        for (Duration max : List.of(
                token.rules.explicitMaxTtl(), token.rules.period().isZero() ? token.rules.maxTtl() : Duration.ZERO)) {
            Duration left = Duration.between(clock.get(), token.issued.plus(max));
            if (!max.isZero() && granted.compareTo(left) > 0) {
                granted = left;
                warnings = List.of(DoubleLeases.capWarning(asked, left));
            }
        }
        token.expires = clock.get().plus(granted);
        return DoubleAnswer.auth(auth(token, granted), warnings);
    }

    Map<String, @Nullable Object> auth(Token token, Duration left) {
        return map(
                "client_token",
                token.id,
                "accessor",
                token.rules.batch() ? "" : DoubleRandom.text(24),
                "policies",
                List.of("default", "gateway"),
                "token_policies",
                List.of("default", "gateway"),
                "metadata",
                token.metadata,
                "lease_duration",
                left.toSeconds(),
                "renewable",
                token.rules.renewable(),
                "entity_id",
                token.metadata == null ? "" : "95d54b4e-820e-ef54-f86f-51158855d936",
                "token_type",
                token.rules.batch() ? "batch" : "service",
                "orphan",
                token.metadata != null,
                "mfa_requirement",
                null,
                "num_uses",
                token.rules.uses());
    }

    DoubleAnswer lookup(Token token) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>(map(
                "accessor",
                token.rules.batch() ? "" : DoubleRandom.text(24),
                "creation_time",
                token.issued.getEpochSecond(),
                "creation_ttl",
                token.rules.ttl().toSeconds(),
                "display_name",
                token.displayName,
                "entity_id",
                "",
                "expire_time",
                token.isRoot() ? null : DoubleAnswer.time(token.expires),
                "explicit_max_ttl",
                token.rules.explicitMaxTtl().toSeconds(),
                "id",
                token.id,
                "issue_time",
                DoubleAnswer.time(token.issued),
                "meta",
                token.metadata,
                "num_uses",
                token.usesLeft,
                "orphan",
                true,
                "path",
                token.isRoot() ? "auth/token/root" : "auth/approle/login",
                "policies",
                List.of("default", "gateway"),
                "renewable",
                token.rules.renewable(),
                "ttl",
                token.isRoot()
                        ? 0L
                        : Duration.between(clock.get(), token.expires).toSeconds(),
                "type",
                token.rules.batch() ? "batch" : "service"));
        if (token.isRoot()) {
            data.remove("renewable");
            data.remove("issue_time");
        }
        if (!token.namespace.isEmpty()) {
            data.put("namespace_path", token.namespace + "/");
        }
        return DoubleAnswer.data(data);
    }
}
