package dev.postern.auth.credentials.vault;

import static dev.postern.auth.credentials.vault.DoubleAnswer.map;

import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The auth methods of one namespace: approle, jwt, kubernetes, cert. A JWT counts as well signed when it was made or trusted here. */
final class DoubleLogins {
    /** Empty texts: not bound. */
    record Role(DoubleTokens.Rules rules, String audience, String issuer, String serviceAccount) {
        static Role of(DoubleTokens.Rules rules) {
            return new Role(rules, "", "", "");
        }
    }

    private static final class SecretId {
        final String role;
        int usesLeft;

        SecretId(String role, int usesLeft) {
            this.role = role;
            this.usesLeft = usesLeft;
        }
    }

    private final String namespace;
    private final DoubleTokens tokens;
    private final Supplier<Instant> clock;
    private final Map<String, String> methods = new HashMap<>();
    private final Map<String, Role> roles = new HashMap<>();
    private final Map<String, String> roleIds = new HashMap<>();
    private final Map<String, SecretId> secretIds = new HashMap<>();
    private final Set<String> trustedJwts = new HashSet<>();
    private int logins;

    DoubleLogins(String namespace, DoubleTokens tokens, Supplier<Instant> clock) {
        this.namespace = namespace;
        this.tokens = tokens;
        this.clock = clock;
        for (String method : List.of("approle", "jwt", "kubernetes", "cert")) {
            methods.put(method, method);
        }
    }

    int logins() {
        return logins;
    }

    void mount(String path, String method) {
        methods.put(path, method);
    }

    void putRole(String mount, String name, Role role) {
        roles.put(mount + "/" + name, role);
    }

    void putAppRole(String name, DoubleTokens.Rules rules, String roleId, String secretId, int secretIdUses) {
        putRole("approle", name, Role.of(rules));
        roleIds.put(roleId, name);
        secretIds.put(secretId, new SecretId(name, secretIdUses));
    }

    void trust(String jwt) {
        trustedJwts.add(jwt);
    }

    String mintJwt(String subject, String audience, Duration lifetime) {
        String claims = new String(
                Json.write(map(
                        "iss",
                        "https://issuer.test",
                        "sub",
                        subject,
                        "aud",
                        audience,
                        "exp",
                        clock.get().plus(lifetime).getEpochSecond())),
                StandardCharsets.UTF_8);
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        String jwt = base64.encodeToString("{\"alg\":\"RS256\"}".getBytes(StandardCharsets.UTF_8)) + "."
                + base64.encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + "." + DoubleRandom.text(40);
        trust(jwt);
        return jwt;
    }

    boolean isLogin(String path) {
        return path.startsWith("auth/") && path.endsWith("/login");
    }

    DoubleAnswer login(String path, DoubleRequest request) {
        String mount = path.substring("auth/".length(), path.length() - "/login".length());
        return switch (methods.getOrDefault(mount, "")) {
            case "approle" -> appRole(request.body());
            case "jwt" -> jwt(mount, request.body());
            case "kubernetes" -> kubernetes(mount, request.body());
            case "cert" -> certificate(mount, request);
            default -> DoubleAnswer.error(403, "permission denied");
        };
    }

    private DoubleAnswer appRole(JsonObject body) {
        String roleName = roleIds.get(body.text("role_id"));
        if (body.text("secret_id").isEmpty()) {
            return DoubleAnswer.error(400, "missing secret_id");
        }
        SecretId secretId = secretIds.get(body.text("secret_id"));
        if (roleName == null || secretId == null || !secretId.role.equals(roleName)) {
            return DoubleAnswer.error(400, "invalid role or secret ID");
        }
        if (secretId.usesLeft > 0 && --secretId.usesLeft == 0) {
            secretIds.remove(body.text("secret_id"));
        }
        return success(role("approle", roleName), "approle", map("role_name", roleName));
    }

    @Nullable
    DoubleAnswer newSecretId(String path) {
        if (!path.startsWith("auth/approle/role/") || !path.endsWith("/secret-id")) {
            return null;
        }
        String role = path.substring("auth/approle/role/".length(), path.length() - "/secret-id".length());
        String id = java.util.UUID.randomUUID().toString();
        secretIds.put(id, new SecretId(role, 1));
        return DoubleAnswer.data(map(
                "secret_id",
                id,
                "secret_id_accessor",
                java.util.UUID.randomUUID().toString(),
                "secret_id_num_uses",
                1L,
                "secret_id_ttl",
                600L));
    }

    private DoubleAnswer jwt(String mount, JsonObject body) {
        Role role = roles.get(mount + "/" + body.text("role"));
        if (role == null) {
            return DoubleAnswer.error(400, "role \"" + body.text("role") + "\" could not be found");
        }
        String jwt = body.text("jwt");
        if (!trustedJwts.contains(jwt)) {
            return DoubleAnswer.error(
                    400,
                    "error validating token: error verifying token signature: no known key successfully"
                            + " validated the token signature");
        }
        JsonObject claims = claims(jwt);
        if (isExpired(claims)) {
            return DoubleAnswer.error(
                    400, "error validating token: invalid expiration time (exp) claim: token is expired");
        }
        if (!role.issuer().isEmpty() && !role.issuer().equals(claims.text("iss"))) {
            return DoubleAnswer.error(400, "error validating token: invalid issuer (iss) claim");
        }
        if (!role.audience().isEmpty() && !hasAudience(claims, role.audience())) {
            return DoubleAnswer.error(
                    400,
                    "error validating token: invalid audience (aud) claim: audience claim does not match any"
                            + " expected audience");
        }
        return success(role, mount + "-" + claims.text("sub"), map("role", body.text("role")));
    }

    private DoubleAnswer kubernetes(String mount, JsonObject body) {
        if (body.text("jwt").isEmpty()) {
            return DoubleAnswer.error(400, "missing jwt");
        }
        Role role = roles.get(mount + "/" + body.text("role"));
        if (role == null) {
            return DoubleAnswer.error(400, "invalid role name \"" + body.text("role") + "\"");
        }
        JsonObject claims = claims(body.text("jwt"));
        if (!trustedJwts.contains(body.text("jwt")) || isExpired(claims)) {
            return DoubleAnswer.error(403, "permission denied");
        }
        if (!role.serviceAccount().isEmpty() && !claims.text("sub").endsWith(":" + role.serviceAccount())) {
            return DoubleAnswer.error(403, "service account name not authorized");
        }
        if (!role.audience().isEmpty() && !hasAudience(claims, role.audience())) {
            return DoubleAnswer.error(
                    403, "invalid audience (aud) claim: audience claim does not match any expected audience");
        }
        String[] subject = claims.text("sub").split(":", -1);
        String account = subject[subject.length - 1];
        String accountNamespace = subject.length > 2 ? subject[2] : "";
        return success(
                role,
                accountNamespace + "-" + account,
                map(
                        "role",
                        body.text("role"),
                        "service_account_name",
                        account,
                        "service_account_namespace",
                        accountNamespace,
                        "service_account_secret_name",
                        "",
                        "service_account_uid",
                        "52e02c85-1b89-5c3d-b2b3-0c77924c3e89"));
    }

    private DoubleAnswer certificate(String mount, DoubleRequest request) {
        Role role = roles.get(mount + "/" + request.body().text("name"));
        if (role == null || request.clientCertificate().isEmpty()) {
            return DoubleAnswer.error(400, "invalid certificate or no client certificate supplied");
        }
        return success(role, "cert", map("cert_name", request.body().text("name")));
    }

    private Role role(String mount, String name) {
        Role role = roles.get(mount + "/" + name);
        if (role == null) {
            throw new IllegalStateException("no role " + name);
        }
        return role;
    }

    private DoubleAnswer success(Role role, String displayName, Map<String, @Nullable Object> metadata) {
        logins++;
        DoubleTokens.Token token = tokens.issue(role.rules(), namespace, displayName, metadata);
        return DoubleAnswer.auth(tokens.auth(token, token.rules.ttl()), List.of());
    }

    private boolean isExpired(JsonObject claims) {
        return claims.number("exp").orElse(0) <= clock.get().getEpochSecond();
    }

    private static boolean hasAudience(JsonObject claims, String audience) {
        return claims.text("aud").equals(audience) || claims.texts("aud").contains(audience);
    }

    private static JsonObject claims(String jwt) {
        String[] parts = jwt.split("\\.", -1);
        if (parts.length != 3) {
            return JsonObject.EMPTY;
        }
        try {
            return Json.parse(Base64.getUrlDecoder().decode(parts[1]));
        } catch (Json.MalformedJson | IllegalArgumentException e) {
            return JsonObject.EMPTY;
        }
    }
}
