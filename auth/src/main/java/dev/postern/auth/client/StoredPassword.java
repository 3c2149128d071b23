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
 */
public record StoredPassword(Optional<ScramVerifier> scram, Optional<Md5Hash> md5, Instant validUntil) {
    /** No VALID UNTIL. */
    public static final Instant FOREVER = Instant.MAX;

    /** The refusal when the password has expired. */
    Optional<Rejection> expiry(String user, Instant now) {
        return now.isBefore(validUntil) ? Optional.empty() : Optional.of(new Rejection.Expired(user, validUntil));
    }

    public static StoredPassword of(ScramVerifier verifier) {
        return new StoredPassword(Optional.of(verifier), Optional.empty(), FOREVER);
    }

    public static StoredPassword of(Md5Hash hash) {
        return new StoredPassword(Optional.empty(), Optional.of(hash), FOREVER);
    }
}
