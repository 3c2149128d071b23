package dev.postern.auth.credentials.vault;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The login methods. Mounts are given without {@code auth/}. */
public final class VaultLogins {
    private VaultLogins() {}

    /** A ServiceAccount's token: kubelet's projected file, or a TokenRequest for a tenant's account. */
    public static VaultLogin kubernetes(String mount, String role, SecretText serviceAccountToken) {
        return withJwt("kubernetes", mount, role, serviceAccountToken);
    }

    public static VaultLogin jwt(String mount, String role, SecretText jwt) {
        return withJwt("jwt", mount, role, jwt);
    }

    private static VaultLogin withJwt(String method, String mount, String role, SecretText jwt) {
        ByRequest login = new ByRequest(method + " " + mount + "/" + role, mount, client -> {
            Map<String, @Nullable Object> body = new HashMap<>();
            body.put("role", role);
            body.put("jwt", jwt.get());
            return body;
        });
        return new WithKeptToken(login, jwt);
    }

    /** The client certificate of the connection's {@link VaultEndpoint}; an empty name lets Vault find the role. */
    public static VaultLogin certificate(String mount, String role) {
        return new ByRequest(
                "cert " + mount + "/" + role, mount, client -> role.isEmpty() ? Map.of() : Map.of("name", role));
    }

    public static VaultLogin appRole(String mount, SecretText roleId, SecretText secretId) {
        return new ByRequest("approle " + mount, mount, client -> {
            Map<String, @Nullable Object> body = new HashMap<>();
            body.put("role_id", roleId.get());
            body.put("secret_id", secretId.get());
            return body;
        });
    }

    /** The text is a wrapping token around the secret id, good once: the unwrapped id is kept in memory for later logins. */
    public static VaultLogin wrappedAppRole(String mount, SecretText roleId, SecretText wrappingToken) {
        Unwrapped unwrapped = new Unwrapped(wrappingToken);
        return new ByRequest("approle " + mount + " (wrapped)", mount, client -> {
            Map<String, @Nullable Object> body = new HashMap<>();
            body.put("role_id", roleId.get());
            body.put("secret_id", unwrapped.secretId(client));
            return body;
        });
    }

    /** A token made elsewhere: given, or written to a file by an agent that replaces it. */
    public static VaultLogin token(String description, SecretText token) {
        return new Given(description, token);
    }

    private interface Body {
        Map<String, ? extends @Nullable Object> of(VaultClient client) throws CredentialUnavailable;
    }

    private record ByRequest(String describe, String mount, Body body) implements VaultLogin {
        @Override
        public Result login(VaultClient client) throws CredentialUnavailable {
            VaultAnswer answer = client.send(VaultRequest.login("auth/" + mount + "/login", body.of(client)));
            if (!(answer instanceof VaultAnswer.Ok ok)) {
                return new Result.NotLoggedIn(answer);
            }
            JsonObject auth = ok.body().object("auth");
            Optional<Secret> token = auth.secret("client_token");
            if (token.isEmpty()) {
                return new Result.NotLoggedIn(new VaultAnswer.Failed(200, "the login's answer holds no token"));
            }
            return new Result.LoggedIn(
                    token.get(),
                    Duration.ofSeconds(auth.number("lease_duration").orElse(0)),
                    auth.isTrue("renewable"),
                    auth.text("token_type").equals("batch"),
                    true);
        }
    }

    private record WithKeptToken(ByRequest login, SecretText jwt) implements VaultLogin {
        @Override
        public Result login(VaultClient client) throws CredentialUnavailable {
            Result result = login.login(client);
            if (result instanceof Result.NotLoggedIn(VaultAnswer answer)
                    && (answer instanceof VaultAnswer.Denied || answer instanceof VaultAnswer.Refused)) {
                jwt.refused();
            }
            return result;
        }

        @Override
        public String describe() {
            return login.describe();
        }
    }

    private record Given(String describe, SecretText source) implements VaultLogin {
        @Override
        public Result login(VaultClient client) throws CredentialUnavailable {
            Secret token = source.get();
            VaultAnswer answer = client.send(VaultRequest.read("auth/token/lookup-self", token));
            if (!(answer instanceof VaultAnswer.Ok ok)) {
                return new Result.NotLoggedIn(answer);
            }
            return new Result.LoggedIn(
                    token,
                    Duration.ofSeconds(ok.data().number("ttl").orElse(0)),
                    ok.data().isTrue("renewable"),
                    ok.data().text("type").equals("batch"),
                    false);
        }

        @Override
        public boolean hasNewToken(Secret inUse) {
            try {
                return !source.get().equals(inUse);
            } catch (CredentialUnavailable e) {
                return false;
            }
        }
    }

    /** The wrapping token is read anew when it changed: an operator may have put a fresh one there. */
    private static final class Unwrapped {
        private final SecretText wrappingToken;
        private Optional<Secret> usedToken = Optional.empty();
        private Optional<Secret> secretId = Optional.empty();

        Unwrapped(SecretText wrappingToken) {
            this.wrappingToken = wrappingToken;
        }

        synchronized Secret secretId(VaultClient client) throws CredentialUnavailable {
            Secret token = wrappingToken.get();
            if (secretId.isPresent() && usedToken.filter(token::equals).isPresent()) {
                return secretId.get();
            }
            VaultAnswer answer = client.send(VaultRequest.write("sys/wrapping/unwrap", token, Map.of()));
            if (!(answer instanceof VaultAnswer.Ok ok)) {
                throw new CredentialUnavailable("the wrapped secret id cannot be unwrapped: " + answer.problem()
                        + " (used already by somebody else?)");
            }
            Secret unwrapped = ok.data()
                    .secret("secret_id")
                    .orElseThrow(() -> new CredentialUnavailable("the wrapping token holds no secret_id"));
            usedToken = Optional.of(token);
            secretId = Optional.of(unwrapped);
            return unwrapped;
        }
    }
}
