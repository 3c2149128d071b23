package dev.postern.gateway;

import dev.postern.auth.Secret;
import dev.postern.auth.client.AnyAuthenticator;
import dev.postern.auth.client.CertificateAuthenticator;
import dev.postern.auth.client.CertificateMap;
import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.auth.client.HbaAuthenticator;
import dev.postern.auth.client.Md5Authenticator;
import dev.postern.auth.client.Method;
import dev.postern.auth.client.OauthBearerAuthenticator;
import dev.postern.auth.client.OutsidePasswordAuthenticator;
import dev.postern.auth.client.PasswordAuthenticator;
import dev.postern.auth.client.PasswordSource;
import dev.postern.auth.client.PeerAuthenticator;
import dev.postern.auth.client.ScramAuthenticator;
import dev.postern.auth.client.StaticUserStore;
import dev.postern.auth.client.UserMap;
import dev.postern.auth.client.UserStore;
import dev.postern.auth.hba.HbaRule;
import dev.postern.auth.jwt.JwksCache;
import dev.postern.auth.jwt.JwksReader;
import dev.postern.auth.jwt.JwksSource;
import dev.postern.auth.jwt.JwtCheck;
import dev.postern.auth.jwt.JwtRules;
import dev.postern.auth.kubernetes.TokenReviewCheck;
import dev.postern.auth.kubernetes.TokenReviewRules;
import dev.postern.auth.kubernetes.api.ApiEndpoint;
import dev.postern.auth.kubernetes.api.ApiServer;
import dev.postern.auth.ldap.LdapCheck;
import dev.postern.auth.ldap.LdapRules;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.ScramVerifier;
import dev.postern.gateway.config.BackendConfig;
import dev.postern.gateway.config.ClientAuthConfig;
import dev.postern.gateway.config.ClientAuthConfig.CertIdentity;
import dev.postern.gateway.config.IdentityMapConfig;
import dev.postern.gateway.config.OutsideAuthConfig;
import dev.postern.gateway.config.UserList;
import dev.postern.gateway.config.UserSecretConfig;
import dev.postern.tls.ClientIdentity;
import dev.postern.tls.IdentityMap;
import dev.postern.tls.IdentityMapping;
import dev.postern.tls.IdentitySource;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Makes what carries out one route's methods. Used once, by a thread that may block. */
final class AuthMethods {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final String route;
    private final Optional<BackendConfig> backend;
    private final Services services;
    private final AuthQueries authQueries;
    private final boolean passThrough;
    private final List<Runnable> held = new ArrayList<>();
    private final FilesOnce files = new FilesOnce();
    private Optional<UserStore> users = Optional.empty();

    AuthMethods(
            String route,
            Optional<BackendConfig> backend,
            Services services,
            AuthQueries authQueries,
            boolean passThrough) {
        this.route = route;
        this.backend = backend;
        this.services = services;
        this.authQueries = authQueries;
        this.passThrough = passThrough;
    }

    /** What has to be closed with the route. */
    List<Runnable> held() {
        return List.copyOf(held);
    }

    /** What would have to be made again to be read again. */
    FilesOnce files() {
        return files;
    }

    Optional<UserStore> users() {
        return users;
    }

    ClientAuthenticator of(ClientAuthConfig config) throws StartFailure {
        return switch (config) {
            case ClientAuthConfig.Scram(var listed, var file) -> scram(known(users(listed, file, false)));
            case ClientAuthConfig.Md5(var listed, var file) -> md5(known(users(listed, file, true)));
            case ClientAuthConfig.Password(var listed, var file) -> password(known(users(listed, file, false)));
            case ClientAuthConfig.Trust(boolean everywhere) -> new AnyAuthenticator(everywhere);
            case ClientAuthConfig.Any(boolean everywhere) -> new AnyAuthenticator(everywhere);
            case ClientAuthConfig.AuthQuery query -> authQuery(query);
            case ClientAuthConfig.Cert(CertIdentity identity, var map) ->
                new CertificateAuthenticator(certificates(identity, userMap(map)));
            case ClientAuthConfig.Peer(var map) -> new PeerAuthenticator(userMap(map));
            case OutsideAuthConfig.Jwt jwt -> jwt(jwt, userMap(jwt.map()), jwt.carrier());
            case OutsideAuthConfig.TokenReview review -> tokenReview(review, userMap(review.map()));
            case OutsideAuthConfig.Ldap ldap -> ldap(ldap);
            case ClientAuthConfig.Hba hba -> hba(hba);
        };
    }

    private UserStore known(UserStore store) {
        users = Optional.of(store);
        return store;
    }

    // ---- passwords

    private ClientAuthenticator scram(UserStore store) {
        return new ScramAuthenticator(store, services.fakes(), ChannelBinding.PREFER, passThrough);
    }

    private ClientAuthenticator md5(UserStore store) {
        return new Md5Authenticator(store, services.fakes(), ChannelBinding.PREFER);
    }

    private ClientAuthenticator password(UserStore store) {
        return new PasswordAuthenticator(store, services.fakes(), services.stretching(), passThrough);
    }

    private ClientAuthenticator authQuery(ClientAuthConfig.AuthQuery query) throws StartFailure {
        UserStore store = known(store(query));
        return switch (query.method()) {
            case SCRAM -> scram(store);
            case MD5 -> md5(store);
            case PASSWORD -> password(store);
        };
    }

    private UserStore store(ClientAuthConfig.AuthQuery query) throws StartFailure {
        if (query.use().isPresent()) {
            return authQueries.shared(query.use().get());
        }
        AuthQueries.Lookup lookup = authQueries.ofRoute(route, query, backend.orElseThrow());
        held.add(lookup::close);
        return lookup.users();
    }

    private StaticUserStore users(Map<String, UserSecretConfig> listed, Optional<Path> usersFile, boolean md5)
            throws StartFailure {
        Map<String, PasswordSource> sources = new HashMap<>();
        usersFile.ifPresent(files::reading);
        listed.values().forEach(secret -> {
            if (secret instanceof UserSecretConfig.SecretFile(Path file)) {
                files.reading(file);
            }
        });
        if (usersFile.isPresent()) {
            sources.putAll(listed(usersFile.get()));
        }
        sources.putAll(ConfigMapping.users(listed));
        StaticUserStore store = new StaticUserStore(
                sources,
                ScramVerifier.DEFAULT_ITERATIONS,
                md5,
                user -> services.fakes().of("route " + route, user).salt());
        List<String> problems = store.reload();
        if (!problems.isEmpty()) {
            throw new StartFailure("route " + route + ": " + String.join("; ", problems));
        }
        return store;
    }

    /** Users that PgBouncer's file lists without a secret come in by other methods: there are none here. */
    private static Map<String, PasswordSource> listed(Path file) throws StartFailure {
        UserList list;
        try {
            list = UserList.parse(Files.readString(file), file.toString());
        } catch (IOException e) {
            throw new StartFailure(file + ": the users file cannot be read: " + e.getMessage(), e);
        }
        if (!list.problems().isEmpty()) {
            throw new StartFailure(list.problems().getFirst().toString());
        }
        Map<String, PasswordSource> sources = new HashMap<>();
        list.users().forEach((user, secret) -> {
            if (secret.length() > 0) {
                sources.put(user, new PasswordSource.Inline(secret));
            }
        });
        return sources;
    }

    // ---- certificates and maps

    static UserMap userMap(List<IdentityMapConfig> entries) {
        IdentityMap map = new IdentityMap(entries.stream()
                .map(entry -> IdentityMapping.of(entry.identity(), entry.role()))
                .toList());
        return map::allows;
    }

    private static CertificateMap certificates(CertIdentity identity, UserMap map) {
        IdentitySource source = IdentitySource.parse(identity.keyword()).orElseThrow();
        return (certificate, role) ->
                ClientIdentity.of(certificate).names(source).stream().anyMatch(name -> map.allows(name, role));
    }

    // ---- outside

    private ClientAuthenticator jwt(OutsideAuthConfig.Jwt config, UserMap map, OutsideAuthConfig.JwtCarrier carrier)
            throws StartFailure {
        HttpClient http = http(config.caFile());
        JwksSource keys = config.jwksFile()
                .<JwksSource>map(JwksSource.FromFile::new)
                .orElseGet(
                        () -> new JwksSource.FromUrl(URI.create(config.jwksUrl().orElseThrow())));
        JwtCheck check = new JwtCheck(
                new JwtRules(
                        keys, config.issuer(), config.audience(), config.roleClaim(), map, JwtRules.DEFAULT_CLOCK_SKEW),
                new JwksCache(new JwksReader(http), services.tasks()::run),
                services.tasks()::run,
                Clock.systemUTC());
        return switch (carrier) {
            case PASSWORD -> new OutsidePasswordAuthenticator(check, Method.JWT);
            case OAUTHBEARER -> new OauthBearerAuthenticator(check, config.issuer(), config.scope());
        };
    }

    private ClientAuthenticator tokenReview(OutsideAuthConfig.TokenReview config, UserMap map) throws StartFailure {
        ApiServer api = services.cluster()
                .server(
                        "route " + route + ": tokenReview",
                        new ApiEndpoint(config.api(), config.tokenFile(), config.caFile()));
        return new OutsidePasswordAuthenticator(
                new TokenReviewCheck(new TokenReviewRules(config.audience(), map), api, services.tasks()::run),
                Method.TOKEN_REVIEW);
    }

    private HttpClient http(Optional<Path> caFile) throws StartFailure {
        caFile.ifPresent(files::reading);
        HttpClient http = HttpClient.newBuilder()
                .connectTimeout(CONNECT_TIMEOUT)
                .followRedirects(HttpClient.Redirect.NEVER)
                .sslContext(Authorities.of(route, caFile))
                .executor(services.tasks()::run)
                .build();
        held.add(http::shutdownNow);
        return http;
    }

    private ClientAuthenticator ldap(OutsideAuthConfig.Ldap config) throws StartFailure {
        config.caFile().ifPresent(files::reading);
        config.bindPasswordFile().ifPresent(files::reading);
        LdapRules.Protection protection = switch (config.tls()) {
            case LDAPS -> LdapRules.Protection.TLS;
            case START_TLS -> LdapRules.Protection.START_TLS;
            case NONE -> LdapRules.Protection.NONE;
        };
        int usual = protection == LdapRules.Protection.TLS ? 636 : 389;
        LdapRules.Binding binding = config.base().isPresent()
                ? new LdapRules.Binding.Search(
                        config.base().get(), config.attribute(), config.bindDn().orElse(""), bindPassword(config))
                : new LdapRules.Binding.Direct(
                        config.prefix().orElse(""), config.suffix().orElse(""));
        LdapRules rules =
                new LdapRules(config.host(), config.port().orElse(usual), protection, binding, config.timeout());
        return new OutsidePasswordAuthenticator(
                new LdapCheck(rules, Authorities.of(route, config.caFile()), services.tasks()::run), Method.LDAP);
    }

    private Secret bindPassword(OutsideAuthConfig.Ldap config) throws StartFailure {
        if (config.bindPasswordFile().isEmpty()) {
            return config.bindPassword().orElseGet(() -> Secret.ofText(""));
        }
        Path file = config.bindPasswordFile().get();
        try {
            return Secret.ofText(Files.readString(file).stripTrailing());
        } catch (IOException e) {
            throw new StartFailure("route " + route + ": " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    // ---- rules

    private ClientAuthenticator hba(ClientAuthConfig.Hba config) throws StartFailure {
        HbaWatch watch = HbaWatch.open(route, config, services.tasks());
        held.add(watch::close);
        Map<PasswordMethod, ClientAuthenticator> passwords = passwords(config);
        // Maps are named by the rule of the moment; keys and connections are made once.
        Map<String, ClientAuthenticator> outside = new HashMap<>();
        if (config.jwt().isPresent()) {
            OutsideAuthConfig.Jwt jwt = config.jwt().get();
            outside.put("jwt", jwt(jwt, userMap(jwt.map()), OutsideAuthConfig.JwtCarrier.PASSWORD));
            outside.put("oauth", jwt(jwt, userMap(jwt.map()), OutsideAuthConfig.JwtCarrier.OAUTHBEARER));
        }
        if (config.tokenReview().isPresent()) {
            OutsideAuthConfig.TokenReview review = config.tokenReview().get();
            outside.put("kubernetes", tokenReview(review, userMap(review.map())));
        }
        if (config.ldap().isPresent()) {
            outside.put("ldap", ldap(config.ldap().get()));
        }
        Function<HbaRule, Optional<ClientAuthenticator>> methods = rule -> switch (rule.method()) {
            case SCRAM_SHA_256 -> Optional.ofNullable(passwords.get(PasswordMethod.SCRAM));
            case MD5 -> Optional.ofNullable(passwords.get(PasswordMethod.MD5));
            case PASSWORD -> Optional.ofNullable(passwords.get(PasswordMethod.PASSWORD));
            case CERT -> Optional.of(new CertificateAuthenticator(certificates(config.identity(), map(watch, rule))));
            case PEER -> Optional.of(new PeerAuthenticator(map(watch, rule)));
            case JWT, OAUTH, KUBERNETES, LDAP ->
                Optional.ofNullable(outside.get(rule.method().word()));
            case TRUST, REJECT -> Optional.empty();
        };
        return new HbaAuthenticator(
                () -> watch.now().rules(), certificates(config.identity(), UserMap.SAME_NAME), methods);
    }

    private enum PasswordMethod {
        SCRAM,
        MD5,
        PASSWORD
    }

    private Map<PasswordMethod, ClientAuthenticator> passwords(ClientAuthConfig.Hba config) throws StartFailure {
        UserStore store;
        if (config.authQuery().isPresent()) {
            store = store(config.authQuery().get());
        } else if (config.users().isEmpty() && config.usersFile().isEmpty()) {
            return Map.of();
        } else {
            store = users(config.users(), config.usersFile(), true);
        }
        known(store);
        Map<PasswordMethod, ClientAuthenticator> methods = new EnumMap<>(PasswordMethod.class);
        methods.put(PasswordMethod.SCRAM, scram(store));
        methods.put(PasswordMethod.MD5, md5(store));
        methods.put(PasswordMethod.PASSWORD, password(store));
        return methods;
    }

    private static UserMap map(HbaWatch watch, HbaRule rule) {
        return rule.option("map")
                .<UserMap>map(name -> (identity, role) -> watch.now().maps().allows(name, identity, role))
                .orElse(UserMap.SAME_NAME);
    }
}
