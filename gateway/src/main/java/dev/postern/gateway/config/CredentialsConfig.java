package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import dev.postern.gateway.config.yaml.Keyword;
import java.nio.file.Path;
import java.util.List;
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
    record Static(String user, Optional<dev.postern.auth.Secret> password, Optional<Path> passwordFile)
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
     * A role and its password from a Kubernetes Secret, watched: a change makes a new credential generation. Either a folder
     * that it is mounted at, or its name at the API server of {@link KubernetesApiConfig}.
     *
     * @param directory where it is mounted
     * @param name what it is called
     * @param namespace where it is; absent: that of {@code kubernetesApi}
     * @param userKey the Secret's key that holds the role's name; default {@code username}
     * @param passwordKey the one that holds its password; default {@code password}
     */
    record Secret(
            Optional<Folder> directory,
            Optional<String> name,
            Optional<String> namespace,
            String userKey,
            String passwordKey)
            implements CredentialsConfig, Checked {
        static final String DEFAULT_USER_KEY = "username";
        static final String DEFAULT_PASSWORD_KEY = "password";

        /** What Kubernetes takes as a key. */
        private static final String KEY = "[-._a-zA-Z0-9]{1,253}";

        @Override
        public void check(Checks checks) {
            String expected = "a key of the Secret: letters, digits, dots, dashes, underscores";
            checks.problem(isNoKey(userKey), "userKey", "is no key of a Secret", expected)
                    .problem(isNoKey(passwordKey), "passwordKey", "is no key of a Secret", expected)
                    .problem(
                            directory.isPresent() == name.isPresent(),
                            directory.isPresent() ? "has both directory and name" : "says not which Secret",
                            "directory: FOLDER for a mounted one, or name: NAME for one read by the API")
                    .problem(
                            directory.isPresent() && namespace.isPresent(),
                            "namespace",
                            "stands beside directory",
                            "name and namespace, or directory alone")
                    .problem(
                            name.filter(ClusterNames::isNoName).isPresent(),
                            "name",
                            "is no name of a Secret",
                            ClusterNames.NAME)
                    .problem(
                            namespace.filter(ClusterNames::isNoNamespace).isPresent(),
                            "namespace",
                            "is no name of a namespace",
                            ClusterNames.NAMESPACE);
        }

        /** For the operator: where to look. */
        public String place() {
            return directory
                    .map(Folder::toString)
                    .orElseGet(() -> namespace.map(where -> where + "/").orElse("") + name.orElse(""));
        }

        private static boolean isNoKey(String key) {
            return !key.matches(KEY) || key.equals(".") || key.startsWith("..");
        }
    }

    /**
     * A role with {@code rds_iam} at Amazon RDS or Aurora: the password is a token that is signed here, with the identity
     * that AWS gives the process.
     *
     * @param user the server's role
     * @param region where the server is; absent: from AWS_REGION, AWS_DEFAULT_REGION or the server's name
     * @param endpoint the server's real name and port, which the token is signed for; absent: the only one of the hosts
     * @param roleArn an IAM role to assume before
     * @param externalId what that role may ask for
     */
    record RdsIam(
            String user,
            Optional<String> region,
            Optional<BackendHost> endpoint,
            Optional<String> roleArn,
            Optional<String> externalId)
            implements CredentialsConfig, Checked {
        @Override
        public void check(Checks checks) {
            checks.notBlank("user", user, "the server's role")
                    .problem(
                            region.filter(name -> !name.matches("[a-z]{2,}(-[a-z]+)+-[0-9]+"))
                                    .isPresent(),
                            "region",
                            "is no region",
                            "a region such as eu-central-1")
                    .problem(
                            roleArn.filter(arn -> !arn.matches("arn:aws[a-z-]*:iam::[0-9]{12}:role/.+"))
                                    .isPresent(),
                            "roleArn",
                            "is no role",
                            "arn:aws:iam::123456789012:role/NAME")
                    .problem(
                            externalId.isPresent() && roleArn.isEmpty(),
                            "externalId",
                            "stands without roleArn",
                            "the role that asks for it");
        }

        /** What a token is signed for. */
        public Optional<BackendHost> signedFor(List<BackendHost> hosts) {
            return endpoint.or(() -> hosts.size() == 1 ? Optional.of(hosts.getFirst()) : Optional.empty());
        }
    }

    /**
     * A role of Azure Database for PostgreSQL whose password is a token of Microsoft Entra.
     *
     * @param user the server's role
     */
    record AzureEntra(String user) implements CredentialsConfig, Checked {
        @Override
        public void check(Checks checks) {
            checks.notBlank("user", user, "the server's role");
        }
    }

    /**
     * A role of Google Cloud SQL whose password is an access token.
     *
     * @param user the server's role
     */
    record CloudSqlIam(String user) implements CredentialsConfig, Checked {
        @Override
        public void check(Checks checks) {
            checks.notBlank("user", user, "the server's role");
        }
    }

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
