package dev.postern.auth.credentials.vault;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.CredentialReader;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * Reads a static role or a KV entry. A static role's answer tells its next rotation; near it Vault's password may be
 * the old one still, so it is read again right after, and a server's refusal makes the source look several times.
 */
final class VaultReader implements CredentialReader {
    /** A rotation reaches the database some tens of ms before the answer. */
    private static final Duration AFTER_ROTATION = Duration.ofMillis(100);

    /** ttl 0 means: rotating now. */
    private static final Duration WHILE_ROTATING = Duration.ofSeconds(1);

    private final TokenKeeper tokens;
    private final VaultConnection connection;
    private final VaultPath path;
    private final Duration kvInterval;
    private volatile Runnable onReturn = () -> {};
    private volatile boolean waitsForReturn;
    /** A KV mount of version 2 told us so. */
    private volatile String kvPath;

    VaultReader(TokenKeeper tokens, VaultPath path, Duration kvInterval) {
        this.tokens = tokens;
        this.connection = tokens.connection();
        this.path = path;
        this.kvInterval = kvInterval;
        this.kvPath = path.path();
    }

    /** Called once after Vault's return, when a read had failed because it was away. */
    void onReturn(Runnable readNow) {
        onReturn = readNow;
    }

    @Override
    public String describe() {
        return "vault " + connection.name() + " " + path.path();
    }

    @Override
    public Reading read() throws CredentialUnavailable {
        if (connection.isAway()) {
            readAtReturn();
            throw new CredentialUnavailable("Vault is away: " + connection.awayReason());
        }
        connection.takeTurn();
        JsonObject data = ask(kvPath);
        return path.effectiveKind() == VaultPath.Kind.STATIC
                        || data.number("rotation_period").isPresent()
                ? staticRole(data)
                : keyValue(data);
    }

    private JsonObject ask(String asked) throws CredentialUnavailable {
        for (int attempt = 0; ; attempt++) {
            HeldToken token = switch (tokens.token()) {
                case TokenKeeper.Answer.Live live -> live.token();
                case TokenKeeper.Answer.None none -> throw failed(none.why());
            };
            VaultAnswer answer =
                    connection.send(VaultRequest.read(asked, token.secret()).alsoSecret(path.passwordField()));
            if (answer instanceof VaultAnswer.Ok ok) {
                return ok.data();
            }
            if (isVersion2(answer, asked)) {
                kvPath = withData(asked);
                return ask(kvPath);
            }
            boolean tokenDied = answer instanceof VaultAnswer.Denied
                    && attempt == 0
                    && tokens.settle(token) == TokenKeeper.Verdict.DEAD;
            if (!tokenDied) {
                throw failed(answer);
            }
        }
    }

    /** A version 2 mount answers a version 1 path with 404 and a warning. */
    private boolean isVersion2(VaultAnswer answer, String asked) {
        return path.kind() != VaultPath.Kind.KV1
                && answer instanceof VaultAnswer.Refused refused
                && refused.status() == 404
                && refused.reason().contains("versioned")
                && asked.equals(path.path());
    }

    private static String withData(String path) {
        int slash = path.indexOf('/');
        return path.substring(0, slash) + "/data" + path.substring(slash);
    }

    private CredentialUnavailable failed(VaultAnswer answer) {
        if (answer instanceof VaultAnswer.Away) {
            readAtReturn();
        }
        return new CredentialUnavailable(answer.problem());
    }

    private void readAtReturn() {
        if (!waitsForReturn) {
            waitsForReturn = true;
            connection.atReturn(() -> {
                waitsForReturn = false;
                onReturn.run();
            });
        }
    }

    private Reading staticRole(JsonObject data) throws CredentialUnavailable {
        long ttl = data.number("ttl").orElse(0);
        Duration again = ttl <= 0 ? WHILE_ROTATING : Duration.ofSeconds(ttl).plus(AFTER_ROTATION);
        Optional<Instant> rotation = nextRotation(data);
        if (ttl > 0 && rotation.isPresent()) {
            // Sharper than the ttl's whole seconds, as far as the two clocks agree.
            Duration sharp = Duration.between(Instant.now(), rotation.get()).plus(AFTER_ROTATION);
            boolean agrees = sharp.minus(again).abs().compareTo(Duration.ofSeconds(2)) < 0;
            again = agrees ? sharp : again;
        }
        return reading(data, "username", "password", again);
    }

    private static Optional<Instant> nextRotation(JsonObject data) {
        try {
            return Optional.of(Instant.parse(data.text("last_vault_rotation"))
                    .plusSeconds(data.number("rotation_period").orElse(0)));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private Reading keyValue(JsonObject data) throws CredentialUnavailable {
        boolean version2 = !data.object("metadata").isEmpty() && data.get("data") instanceof JsonObject;
        return reading(version2 ? data.object("data") : data, path.userField(), path.passwordField(), kvInterval);
    }

    private static Reading reading(JsonObject data, String userField, String passwordField, Duration again)
            throws CredentialUnavailable {
        String user = data.text(userField);
        Optional<Secret> password = data.secret(passwordField);
        if (user.isEmpty() || password.isEmpty()) {
            throw new CredentialUnavailable(
                    "no " + userField + " and " + passwordField + " there, but " + data.names());
        }
        return new Reading(user, password.get(), again);
    }
}
