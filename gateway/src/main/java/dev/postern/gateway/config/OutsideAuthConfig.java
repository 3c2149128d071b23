package dev.postern.gateway.config;

import dev.postern.auth.Secret;
import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import dev.postern.gateway.config.yaml.Keyword;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Methods where somebody outside the gateway knows who a client is: an issuer of tokens, a cluster, a directory. */
public sealed interface OutsideAuthConfig extends ClientAuthConfig {

    /**
     * A signed JSON web token.
     *
     * @param issuer what {@code iss} has to be; also what OAUTHBEARER clients without a token are told
     * @param audience what {@code aud} has to contain
     * @param jwksFile the issuer's public keys in a file
     * @param jwksUrl or at an https address
     * @param caFile bundle that its certificate is checked against; without it the authorities that the JDK trusts
     * @param roleClaim the claim that names roles; dots lead into objects; default {@code sub}
     * @param map which value of the claim may act as which role; empty: as the role of the same name
     * @param carrier how the token comes; default {@code password}
     * @param scope what OAUTHBEARER clients without a token are told to ask for; default empty
     */
    record Jwt(
            String issuer,
            String audience,
            Optional<Path> jwksFile,
            Optional<String> jwksUrl,
            Optional<Path> caFile,
            String roleClaim,
            List<IdentityMapConfig> map,
            JwtCarrier carrier,
            String scope)
            implements OutsideAuthConfig, Checked {
        static final String DEFAULT_ROLE_CLAIM = "sub";
        static final JwtCarrier DEFAULT_CARRIER = JwtCarrier.PASSWORD;
        static final String DEFAULT_SCOPE = "";

        public Jwt {
            map = List.copyOf(map);
        }

        @Override
        public void check(Checks checks) {
            checks.notBlank("issuer", issuer, "the issuer's name, as in iss")
                    .notBlank("audience", audience, "the audience of tokens for this gateway, as in aud")
                    .notBlank("roleClaim", roleClaim, "the claim that names roles")
                    .problem(
                            jwksFile.isPresent() == jwksUrl.isPresent(),
                            jwksFile.isPresent()
                                    ? "stands both in jwksFile and jwksUrl"
                                    : "has no keys to check tokens with",
                            "one of jwksFile and jwksUrl");
            jwksUrl.ifPresent(text -> checks.problem(
                    !isUrl(text),
                    "jwksUrl",
                    "is no https address",
                    "https://issuer.example.com/keys (http on loopback)"));
        }

        private static boolean isUrl(String text) {
            try {
                URI uri = URI.create(text);
                boolean loopback = List.of("localhost", "127.0.0.1", "[::1]").contains(String.valueOf(uri.getHost()));
                return uri.getHost() != null
                        && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()) && loopback);
            } catch (IllegalArgumentException e) {
                return false;
            }
        }
    }

    /** How a token reaches the gateway. */
    enum JwtCarrier implements Keyword {
        /** In place of a password: every client can do that. */
        PASSWORD("password"),
        /** SASL OAUTHBEARER: libpq 18. */
        OAUTHBEARER("oauthbearer");

        private final String keyword;

        JwtCarrier(String keyword) {
            this.keyword = keyword;
        }

        @Override
        public String keyword() {
            return keyword;
        }
    }

    /**
     * A Kubernetes ServiceAccount's token, in place of a password.
     *
     * @param audience what the client's token has to be issued for
     * @param map which {@code system:serviceaccount:NAMESPACE:NAME} may act as which role
     * @param api the API server; default {@code https://kubernetes.default.svc}
     * @param tokenFile the gateway's own token; default the pod's
     * @param caFile bundle that the API server's certificate is checked against; default the pod's
     */
    record TokenReview(String audience, List<IdentityMapConfig> map, URI api, Path tokenFile, Path caFile)
            implements OutsideAuthConfig, Checked {
        public TokenReview {
            map = List.copyOf(map);
        }

        @Override
        public void check(Checks checks) {
            KubernetesApiConfig.checkAddress(checks, "api", api)
                    .notBlank("audience", audience, "the audience of the clients' tokens")
                    .notEmpty("map", map, "which ServiceAccount may be which role: [{identity: ..., role: ...}]");
        }
    }

    /**
     * A directory that is bound to as the user.
     *
     * @param host its name
     * @param port default 636 with {@code tls: ldaps}, else 389
     * @param tls what protects the password on its way; default {@code ldaps}
     * @param caFile bundle that its certificate is checked against; without it the authorities that the JDK trusts
     * @param prefix with suffix: the entry's name around the user
     * @param suffix see prefix
     * @param base where the user's entry is searched, instead of prefix and suffix
     * @param attribute the attribute that is the user; default {@code uid}
     * @param bindDn who searches; without it anonymously
     * @param bindPassword its password
     * @param bindPasswordFile or the file that holds it
     * @param timeout for connecting and for each answer, default 10s
     */
    record Ldap(
            String host,
            Optional<Integer> port,
            LdapTls tls,
            Optional<Path> caFile,
            Optional<String> prefix,
            Optional<String> suffix,
            Optional<String> base,
            String attribute,
            Optional<String> bindDn,
            Optional<Secret> bindPassword,
            Optional<Path> bindPasswordFile,
            Duration timeout)
            implements OutsideAuthConfig, Checked {
        static final LdapTls DEFAULT_TLS = LdapTls.LDAPS;
        static final String DEFAULT_ATTRIBUTE = "uid";
        static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

        @Override
        public void check(Checks checks) {
            boolean direct = prefix.isPresent() || suffix.isPresent();
            checks.notBlank("host", host, "the directory's host")
                    .range("timeout", timeout, Duration.ofMillis(1), Duration.ofMinutes(1))
                    .problem(
                            direct == base.isPresent(),
                            direct ? "has both prefix or suffix and base" : "says not how a user becomes an entry",
                            "prefix and suffix, or base")
                    .problem(
                            port.isPresent() && (port.get() < 1 || port.get() > 65535),
                            "port",
                            "is no port",
                            "a number from 1 to 65535")
                    .problem(
                            bindDn.isPresent() != (bindPassword.isPresent() || bindPasswordFile.isPresent())
                                    || bindPassword.isPresent() && bindPasswordFile.isPresent(),
                            "bindDn",
                            "needs one of bindPassword and bindPasswordFile, and they need it",
                            "both or neither");
        }
    }

    /** What protects a password on its way to a directory. */
    enum LdapTls implements Keyword {
        LDAPS("ldaps"),
        START_TLS("startTls"),
        NONE("none");

        private final String keyword;

        LdapTls(String keyword) {
            this.keyword = keyword;
        }

        @Override
        public String keyword() {
            return keyword;
        }
    }
}
