package dev.postern.gateway.config;

import dev.postern.auth.Secret;
import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.nio.file.Path;
import java.util.Optional;

/** How the gateway logs in to a Vault: exactly one of these, each under the key of its name. */
public sealed interface VaultAuthConfig {

    /**
     * By a service-account token: the pod's, or one of another account that is asked for at the API server.
     *
     * @param role Vault's role; default {@code default}
     * @param mount where the method is enabled; default {@code kubernetes}
     * @param tokenFile read anew for each login, since the kubelet replaces it
     * @param serviceAccount instead of a file: whose tokens
     */
    record Kubernetes(String role, String mount, Path tokenFile, Optional<ServiceAccountConfig> serviceAccount)
            implements VaultAuthConfig, Checked {
        static final String DEFAULT_ROLE = "default";
        static final String DEFAULT_MOUNT = "kubernetes";
        static final Path DEFAULT_TOKEN_FILE = KubernetesApiConfig.DEFAULTS.tokenFile();

        @Override
        public void check(Checks checks) {
            checks.notBlank("role", role, "a role")
                    .notBlank("mount", mount, "a mount such as kubernetes")
                    .problem(
                            serviceAccount.isPresent() && !tokenFile.equals(DEFAULT_TOKEN_FILE),
                            "tokenFile",
                            "stands beside serviceAccount",
                            "one of the two");
        }
    }

    /**
     * By AppRole.
     *
     * @param roleId the role's id
     * @param secretIdFile holds the secret id and nothing else; read anew for each login
     * @param wrapped whether the file holds a wrapping token with the secret id inside (response wrapping): it is
     *     unwrapped once, and the secret id is kept in memory
     * @param mount where the method is enabled; default {@code approle}
     */
    record AppRole(String roleId, Path secretIdFile, boolean wrapped, String mount)
            implements VaultAuthConfig, Checked {
        static final String DEFAULT_MOUNT = "approle";

        @Override
        public void check(Checks checks) {
            checks.notBlank("roleId", roleId, "a role id").notBlank("mount", mount, "a mount such as approle");
        }
    }

    /**
     * By a signed JSON web token.
     *
     * @param role Vault's role
     * @param tokenFile holds the token and nothing else; read anew for each login
     * @param mount where the method is enabled; default {@code jwt}
     */
    record Jwt(String role, Path tokenFile, String mount) implements VaultAuthConfig, Checked {
        static final String DEFAULT_MOUNT = "jwt";

        @Override
        public void check(Checks checks) {
            checks.notBlank("role", role, "a role").notBlank("mount", mount, "a mount such as jwt");
        }
    }

    /**
     * By the connection's client certificate.
     *
     * @param role Vault's role for it; absent: Vault looks for one that fits
     * @param mount where the method is enabled; default {@code cert}
     */
    record Cert(Optional<String> role, String mount) implements VaultAuthConfig, Checked {
        static final String DEFAULT_MOUNT = "cert";

        @Override
        public void check(Checks checks) {
            role.ifPresent(name -> checks.notBlank("role", name, "a role, or no such key"));
            checks.notBlank("mount", mount, "a mount such as cert");
        }
    }

    /** By a token that stands in the file: for trials. */
    record Token(Secret value) implements VaultAuthConfig {}

    /** By a token in a file, watched: an agent may replace it. */
    record TokenFile(Path value) implements VaultAuthConfig {}
}
