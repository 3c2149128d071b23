package dev.postern.auth.credentials.vault;

import java.time.Instant;

/** The database behind the double's database engine. */
interface DoubleRoles {
    void create(String user, String password, Instant validUntil) throws DatabaseProblem;

    void extend(String user, Instant validUntil) throws DatabaseProblem;

    void drop(String user) throws DatabaseProblem;

    void setPassword(String user, String password) throws DatabaseProblem;

    /** The text is what Vault would put into its answer: it names the admin user and the host. */
    final class DatabaseProblem extends Exception {
        private static final long serialVersionUID = 1L;

        DatabaseProblem(String message) {
            super(message);
        }
    }
}
