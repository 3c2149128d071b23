package dev.postern.gateway.config;

import dev.postern.auth.Secret;
import dev.postern.gateway.config.yaml.Checks;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;

/** What a client's proof is checked against: exactly one of these. */
public sealed interface UserSecretConfig {

    /** The password itself. */
    record Password(Secret value) implements UserSecretConfig {}

    /** A file that holds the password or a verifier, and nothing else; one line end after it is dropped. */
    record SecretFile(Path value) implements UserSecretConfig {}

    /** As in pg_authid.rolpassword: {@code SCRAM-SHA-256$4096:...} or {@code md5...}. */
    record Verifier(Secret value) implements UserSecretConfig {}

    /** As PostgreSQL writes it; salt and keys are base64. */
    Pattern SCRAM_VERIFIER = Pattern.compile(
            "SCRAM-SHA-256\\$[1-9][0-9]{0,9}:[A-Za-z0-9+/]+={0,2}\\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=");

    Pattern MD5_VERIFIER = Pattern.compile("md5[0-9a-f]{32}");

    /** The rules of a user list, which the methods that have one share. */
    static void check(ClientAuthConfig.WithUsers method, Checks checks) {
        checks.problem(
                method.users().isEmpty() && method.usersFile().isEmpty(),
                "lists no users",
                "users: {NAME: {secretFile: FILE}}, or usersFile");
        check(method.users(), checks);
        method.users().forEach((name, secret) -> {
            if (secret instanceof Verifier verifier) {
                checkVerifier(method, checks.at("users"), name, verifier);
            }
        });
    }

    /** What holds for users of any method. */
    static void check(Map<String, UserSecretConfig> users, Checks checks) {
        users.forEach((name, secret) -> {
            Checks ofUser = checks.at("users");
            ofUser.problem(name.isEmpty(), name, "is a user without a name", "a name");
            switch (secret) {
                case Password password ->
                    ofUser.problem(password.value().length() == 0, name, "has an empty password", "a password");
                case Verifier _ -> {}
                case SecretFile _ -> {}
            }
        });
    }

    private static void checkVerifier(
            ClientAuthConfig.WithUsers method, Checks checks, String user, Verifier verifier) {
        String text = verifier.value().reveal();
        boolean scram = SCRAM_VERIFIER.matcher(text).matches();
        boolean md5 = MD5_VERIFIER.matcher(text).matches();
        boolean fits = switch (method) {
            case ClientAuthConfig.Scram _ -> scram;
            case ClientAuthConfig.Md5 _ -> md5;
            case ClientAuthConfig.Password _ -> scram || md5;
        };
        checks.problem(
                !fits,
                user,
                "the verifier does not fit the method",
                method instanceof ClientAuthConfig.Md5
                        ? "md5 and 32 hexadecimal digits, as in pg_authid.rolpassword"
                        : "SCRAM-SHA-256$4096:SALT$STOREDKEY:SERVERKEY, as in pg_authid.rolpassword");
    }
}
