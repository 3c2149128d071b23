package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import dev.postern.gateway.config.yaml.Keyword;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How a client of a route proves who it is: exactly one of these, each under the key of its name. */
public sealed interface ClientAuthConfig
        permits ClientAuthConfig.WithUsers,
                ClientAuthConfig.WithoutProof,
                ClientAuthConfig.AuthQuery,
                ClientAuthConfig.Cert,
                ClientAuthConfig.Peer,
                OutsideAuthConfig,
                ClientAuthConfig.Hba {

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

    /**
     * Users as a database knows them (PgBouncer: auth_query).
     *
     * @param use the name of one under {@code authQueries}, which several routes share; then no other key but method
     *     stands here
     * @param method what clients are asked for; default {@code scram}
     * @param backend where the look-up connects; absent: to the servers of the route
     * @param database where the look-up runs; default {@code postgres} (PgBouncer: auth_dbname)
     * @param preset whose function is asked; default {@code pgbouncer}: pg_authid itself
     * @param query instead of a preset's: one parameter, the user; columns user, password and, if it likes, VALID UNTIL in
     *     seconds since 1970, rolcanlogin, rolsuper, rolreplication
     * @param credentials the look-up's own role (PgBouncer: auth_user)
     * @param poolSize connections for look-ups, default 2
     * @param cacheTtl how long a user that was found is remembered, default 5m
     */
    record AuthQuery(
            Optional<String> use,
            AuthQueryMethod method,
            Optional<AuthQueryBackendConfig> backend,
            String database,
            AuthQueryPreset preset,
            Optional<String> query,
            Optional<CredentialsConfig> credentials,
            int poolSize,
            Duration cacheTtl)
            implements ClientAuthConfig, Checked {
        static final AuthQueryMethod DEFAULT_METHOD = AuthQueryMethod.SCRAM;
        static final String DEFAULT_DATABASE = "postgres";
        static final AuthQueryPreset DEFAULT_PRESET = AuthQueryPreset.PGBOUNCER;
        static final int DEFAULT_POOL_SIZE = 2;
        static final Duration DEFAULT_CACHE_TTL = Duration.ofMinutes(5);

        @Override
        public void check(Checks checks) {
            checks.range("poolSize", poolSize, 1, 100)
                    .range("cacheTtl", cacheTtl, Duration.ZERO, Duration.ofDays(1))
                    .notBlank("database", database, "the database where the look-up runs")
                    .problem(
                            use.isEmpty() && credentials.isEmpty(),
                            "credentials",
                            "is missing",
                            "the look-up's own role, or use: NAME of one under authQueries")
                    .problem(
                            use.isPresent() && (credentials.isPresent() || backend.isPresent() || query.isPresent()),
                            "use",
                            "stands beside credentials, backend or query",
                            "what the one under authQueries says, and none of them here")
                    .problem(
                            credentials.isPresent() && credentials.get() instanceof CredentialsConfig.PassThrough,
                            "credentials",
                            "is passThrough, but the look-up comes before anybody has logged in",
                            "static, file, secret, rdsIam or vault")
                    .problem(
                            query.isPresent() && query.get().indexOf("$1") < 0,
                            "query",
                            "has no $1 where the user goes",
                            "SELECT ... WHERE name = $1");
        }
    }

    /**
     * The client's TLS certificate.
     *
     * @param identity which of its names say who the client is; default {@code cn}
     * @param map which name may act as which role; empty: as the role of the same name
     */
    record Cert(CertIdentity identity, List<IdentityMapConfig> map) implements ClientAuthConfig {
        static final CertIdentity DEFAULT_IDENTITY = CertIdentity.CN;

        public Cert {
            map = List.copyOf(map);
        }
    }

    /**
     * The operating system's user at the other end of a unix socket.
     *
     * @param map which user may act as which role; empty: as the role of the same name
     */
    record Peer(List<IdentityMapConfig> map) implements ClientAuthConfig {
        public Peer {
            map = List.copyOf(map);
        }
    }

    /**
     * Rules in the form of pg_hba.conf choose the method for each client; what they may choose is set up beside them.
     *
     * @param file the rules; read again when it changes
     * @param identFile maps in the form of pg_ident.conf, for rules with {@code map=}; read again when it changes
     * @param users for scram-sha-256, md5 and password; see {@link WithUsers}
     * @param usersFile see {@link WithUsers}
     * @param authQuery instead of users and usersFile
     * @param identity which names of a certificate count for {@code cert} and {@code clientcert=verify-full}; default
     *     {@code cn}
     * @param jwt for {@code jwt} and {@code oauth}
     * @param tokenReview for {@code kubernetes}
     * @param ldap for {@code ldap}
     */
    record Hba(
            Path file,
            Optional<Path> identFile,
            Map<String, UserSecretConfig> users,
            Optional<Path> usersFile,
            Optional<AuthQuery> authQuery,
            CertIdentity identity,
            Optional<OutsideAuthConfig.Jwt> jwt,
            Optional<OutsideAuthConfig.TokenReview> tokenReview,
            Optional<OutsideAuthConfig.Ldap> ldap)
            implements ClientAuthConfig, Checked {
        public Hba {
            users = InOrder.copyOf(users);
        }

        @Override
        public void check(Checks checks) {
            UserSecretConfig.check(users, checks);
            checks.problem(
                    authQuery.isPresent() && (!users.isEmpty() || usersFile.isPresent()),
                    "authQuery",
                    "stands beside users or usersFile",
                    "one of them");
        }
    }

    /** Which name of a client certificate says who the client is. */
    enum CertIdentity implements Keyword {
        CN("cn"),
        DN("dn"),
        DNS("dns"),
        EMAIL("email"),
        URI("uri");

        private final String keyword;

        CertIdentity(String keyword) {
            this.keyword = keyword;
        }

        @Override
        public String keyword() {
            return keyword;
        }
    }

    /** What clients are asked for when a database knows the users. */
    enum AuthQueryMethod implements Keyword {
        SCRAM("scram"),
        MD5("md5"),
        PASSWORD("password");

        private final String keyword;

        AuthQueryMethod(String keyword) {
            this.keyword = keyword;
        }

        @Override
        public String keyword() {
            return keyword;
        }
    }

    /** Whose look-up function is asked. */
    enum AuthQueryPreset implements Keyword {
        PGBOUNCER("pgbouncer"),
        CNPG("cnpg"),
        ZALANDO("zalando"),
        CRUNCHY("crunchy");

        private final String keyword;

        AuthQueryPreset(String keyword) {
            this.keyword = keyword;
        }

        @Override
        public String keyword() {
            return keyword;
        }
    }
}
