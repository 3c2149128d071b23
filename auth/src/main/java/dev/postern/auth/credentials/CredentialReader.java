package dev.postern.auth.credentials;

import dev.postern.auth.Secret;
import java.time.Duration;

/** Where a {@link PolledCredentialSource} looks. Called on one virtual thread at a time; may block. */
public interface CredentialReader {
    Reading read() throws CredentialUnavailable;

    /** For the operator, for example {@code file /run/secrets/password}. */
    String describe();

    /**
     * Whether the change from one reading to the next replaces connections that are open: a new password does, so that
     * a wrong one shows while the old connections still serve; a token that only counts at login does not.
     */
    default boolean replacesConnections(Credential before, Reading after) {
        return !before.user().equals(after.user()) || !before.secret().equals(after.secret());
    }

    /**
     * What was read.
     *
     * @param user the server role
     * @param secret its password
     * @param readAgain when to look again: a poll interval, or the time to a rotation that was announced
     */
    record Reading(String user, Secret secret, Duration readAgain) {}
}
