package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** How a client of a route proves who it is: exactly one of these, each under the key of its name. */
public sealed interface ClientAuthConfig {

    /** A method with a list of users. */
    sealed interface WithUsers extends ClientAuthConfig {
        /** Users by name. */
        Map<String, UserSecretConfig> users();

        /** More users, in the format of PgBouncer's userlist.txt. A user of {@link #users()} wins. */
        Optional<Path> usersFile();
    }

    /** A method that asks for no proof. */
    sealed interface WithoutProof extends ClientAuthConfig {
        /** Whether it may be reached from other machines. */
        boolean allowInsecure();
    }

    /**
     * SCRAM-SHA-256: what PostgreSQL itself does by default.
     *
     * @param users see {@link WithUsers}
     * @param usersFile see {@link WithUsers}
     */
    record Scram(Map<String, UserSecretConfig> users, Optional<Path> usersFile) implements WithUsers, Checked {
        public Scram {
            users = InOrder.copyOf(users);
        }

        @Override
        public void check(Checks checks) {
            UserSecretConfig.check(this, checks);
        }
    }

    /**
     * PostgreSQL's md5 challenge, for clients that know nothing better.
     *
     * @param users see {@link WithUsers}
     * @param usersFile see {@link WithUsers}
     */
    record Md5(Map<String, UserSecretConfig> users, Optional<Path> usersFile) implements WithUsers, Checked {
        public Md5 {
            users = InOrder.copyOf(users);
        }

        @Override
        public void check(Checks checks) {
            UserSecretConfig.check(this, checks);
        }
    }

    /**
     * The password in clear, inside TLS only.
     *
     * @param users see {@link WithUsers}
     * @param usersFile see {@link WithUsers}
     */
    record Password(Map<String, UserSecretConfig> users, Optional<Path> usersFile) implements WithUsers, Checked {
        public Password {
            users = InOrder.copyOf(users);
        }

        @Override
        public void check(Checks checks) {
            UserSecretConfig.check(this, checks);
        }
    }

    /**
     * Whoever connects is who they say they are (PgBouncer: auth_type trust).
     *
     * @param allowInsecure see {@link WithoutProof}
     */
    record Trust(boolean allowInsecure) implements WithoutProof {}

    /**
     * Whoever connects is let in, under any name and with any password (PgBouncer: auth_type any).
     *
     * @param allowInsecure see {@link WithoutProof}
     */
    record Any(boolean allowInsecure) implements WithoutProof {}
}
