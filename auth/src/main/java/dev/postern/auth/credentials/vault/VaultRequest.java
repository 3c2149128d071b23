package dev.postern.auth.credentials.vault;

import dev.postern.auth.Secret;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request to the API.
 *
 * @param path below {@code /v1/}, for example {@code database/creds/orders-app}
 * @param token none for a login and for health
 * @param body written as JSON; none makes it a GET
 * @param secretNames members of the answer that are secret, wherever they stand
 * @param patience at most so long for connection, handshake and answer together; zero: the client's own timeout
 */
public record VaultRequest(
        String path,
        Optional<Secret> token,
        Optional<Map<String, ? extends @Nullable Object>> body,
        Set<String> secretNames,
        Duration patience) {
    private static final Set<String> SECRET_NAMES = Set.of("password", "client_token", "secret_id", "token", "id");

    static VaultRequest read(String path, Secret token) {
        return new VaultRequest(path, Optional.of(token), Optional.empty(), SECRET_NAMES, Duration.ZERO);
    }

    static VaultRequest write(String path, Secret token, Map<String, ? extends @Nullable Object> body) {
        return new VaultRequest(path, Optional.of(token), Optional.of(body), SECRET_NAMES, Duration.ZERO);
    }

    static VaultRequest login(String path, Map<String, ? extends @Nullable Object> body) {
        return new VaultRequest(path, Optional.empty(), Optional.of(body), SECRET_NAMES, Duration.ZERO);
    }

    /** A standby counts as there: it forwards. */
    static VaultRequest health(Duration patience) {
        return new VaultRequest(
                "sys/health?standbyok=true&perfstandbyok=true", Optional.empty(), Optional.empty(), Set.of(), patience);
    }

    VaultRequest alsoSecret(String name) {
        Set<String> more = new java.util.HashSet<>(secretNames);
        more.add(name);
        return new VaultRequest(path, token, body, Set.copyOf(more), patience);
    }
}
