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

    /** Nobody reads any more. */
    default void close() {}

    /**
     * What was read.
     *
     * @param user the server role
     * @param secret its password
     * @param readAgain when to look again: a poll interval, or the time to a rotation that was announced
     * @param goodFor how long it may be used where nothing newer can be read; a token has an end of its own
     */
    record Reading(String user, Secret secret, Duration readAgain, Duration goodFor) {
        /** A password: good for as long as the server thinks so. */
        public static final Duration WITHOUT_END = Duration.ofDays(36_500);

        public Reading(String user, Secret secret, Duration readAgain) {
            this(user, secret, readAgain, WITHOUT_END);
        }
    }
}
