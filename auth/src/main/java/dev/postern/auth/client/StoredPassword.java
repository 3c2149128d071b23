package dev.postern.auth.client;

import dev.postern.auth.password.Md5Hash;
import dev.postern.auth.password.ScramVerifier;
import java.time.Instant;
import java.util.Optional;

/**
 * What is kept of a user's password, in the forms that are known.
 *
 * @param scram checks SCRAM and cleartext
 * @param md5 checks md5 and cleartext
 * @param validUntil PostgreSQL's rolvaliduntil; {@link #FOREVER} where it never ends
 * @param privileged the role is known to be a superuser or to have REPLICATION
 * @param unusable why nobody may log in with it whatever the password is (NOLOGIN, no password set); empty where one may
 */
public record StoredPassword(
        Optional<ScramVerifier> scram, Optional<Md5Hash> md5, Instant validUntil, boolean privileged, String unusable) {
    /** No VALID UNTIL. */
    public static final Instant FOREVER = Instant.MAX;

    public StoredPassword(Optional<ScramVerifier> scram, Optional<Md5Hash> md5, Instant validUntil) {
        this(scram, md5, validUntil, false, "");
    }

    public static StoredPassword of(ScramVerifier verifier) {
        return new StoredPassword(Optional.of(verifier), Optional.empty(), FOREVER);
    }

    public static StoredPassword of(Md5Hash hash) {
        return new StoredPassword(Optional.empty(), Optional.of(hash), FOREVER);
    }

    /** The refusal that holds whatever the password is. */
    Optional<Rejection> doom(String user, Instant now) {
        if (!unusable.isEmpty()) {
            return Optional.of(new Rejection.UnusablePassword(user, unusable));
        }
        return now.isBefore(validUntil) ? Optional.empty() : Optional.of(new Rejection.Expired(user, validUntil));
    }
}
