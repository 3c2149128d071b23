package dev.postern.auth.ldap;

import dev.postern.auth.Secret;
import java.time.Duration;

/**
 * How a directory is asked; PostgreSQL's ldap options in other words.
 *
 * @param port 389, or 636 for {@link Protection#TLS}
 * @param timeout for connecting and for each answer
 */
public record LdapRules(String host, int port, Protection protection, Binding binding, Duration timeout) {
    /** What protects the password on its way. */
    public enum Protection {
        /** ldaps. */
        TLS,
        START_TLS,
        /** Nothing: by explicit opt-in. */
        NONE
    }

    /** How a user becomes an entry. */
    public sealed interface Binding {
        /** The entry's name is {@code prefix + user + suffix}; the user is escaped. */
        record Direct(String prefix, String suffix) implements Binding {}

        /**
         * The one entry under {@code base} whose attribute is the user.
         *
         * @param bindDn who searches; empty for anonymous
         */
        record Search(String base, String attribute, String bindDn, Secret bindPassword) implements Binding {}
    }
}
