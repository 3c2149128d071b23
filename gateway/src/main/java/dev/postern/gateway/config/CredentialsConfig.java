package dev.postern.gateway.config;

import dev.postern.auth.Secret;
import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import dev.postern.gateway.config.yaml.Keyword;
import java.nio.file.Path;
import java.util.Optional;

/** Which role opens the server connections of a route: exactly one of these, each under the key of its name. */
public sealed interface CredentialsConfig {

    /**
     * A role and its password, as they stand in the file.
     *
     * @param user the server's role
     * @param password its password; without one and without {@code passwordFile} the server has to ask for none
     * @param passwordFile a file that holds the password and nothing else; read once
     */
    record Static(String user, Optional<Secret> password, Optional<Path> passwordFile)
            implements CredentialsConfig, Checked {
        @Override
        public void check(Checks checks) {
            checks.notBlank("user", user, "the server's role")
                    .problem(
                            password.isPresent() && passwordFile.isPresent(),
                            "passwordFile",
                            "stands beside password",
                            "one of the two");
        }
    }

    /**
     * A role and its password in two files, watched: a change makes a new credential generation.
     *
     * @param userFile holds the role's name and nothing else
     * @param passwordFile holds its password and nothing else
     */
    record File(Path userFile, Path passwordFile) implements CredentialsConfig {}

    /**
     * A role from HashiCorp Vault or OpenBao.
     *
     * @param connection a name under {@code vaultConnections}
     * @param path as Vault's own command line takes it, for example {@code database/creds/orders-app}
     * @param kind what answers at the path; default {@code detect}
     */
    record Vault(String connection, String path, VaultKind kind) implements CredentialsConfig, Checked {
        static final VaultKind DEFAULT_KIND = VaultKind.DETECT;

        @Override
        public void check(Checks checks) {
            checks.notBlank("path", path, "a path such as database/creds/orders-app")
                    .problem(
                            path.startsWith("/") || path.endsWith("/") || path.startsWith("v1/"),
                            "path",
                            "does not look like a path of Vault's command line",
                            "no slash at either end and no v1/ in front");
        }
    }

    /** The client's own name and secret: with SCRAM, its keys. */
    record PassThrough() implements CredentialsConfig {}

    /** What kind of secrets engine answers at a Vault path. */
    enum VaultKind implements Keyword {
        DETECT("detect"),
        /** {@code MOUNT/creds/ROLE}: a role of its own for each lease. */
        DYNAMIC("dynamic"),
        /** {@code MOUNT/static-creds/ROLE}: a fixed role whose password Vault changes. */
        STATIC("static"),
        KV1("kv1"),
        KV2("kv2");

        private final String keyword;

        VaultKind(String keyword) {
            this.keyword = keyword;
        }

        @Override
        public String keyword() {
            return keyword;
        }
    }
}
