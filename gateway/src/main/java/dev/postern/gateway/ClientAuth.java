package dev.postern.gateway;

import dev.postern.auth.client.AnyAuthenticator;
import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.auth.client.Md5Authenticator;
import dev.postern.auth.client.PasswordAuthenticator;
import dev.postern.auth.client.PasswordSource;
import dev.postern.auth.client.ScramAuthenticator;
import dev.postern.auth.client.StaticUserStore;
import dev.postern.auth.client.UserStore;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.ScramVerifier;
import dev.postern.gateway.config.ClientAuthConfig;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.config.UserList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How the clients of one route prove who they are. Made on a thread that may block, since it reads files and derives
 * verifiers.
 *
 * @param users who knows them, where somebody does
 * @param lookup what is closed with the route
 */
record ClientAuth(ClientAuthenticator authenticator, Optional<UserStore> users, Optional<AuthQueries.Lookup> lookup)
        implements AutoCloseable {
    private static final String CONSOLE = "admin";

    static ClientAuth of(RouteConfig config, Services services, AuthQueries authQueries) throws StartFailure {
        boolean passThrough = config.credentials() instanceof CredentialsConfig.PassThrough;
        return switch (config.clientAuth()) {
            case ClientAuthConfig.Scram scram -> {
                UserStore users = users(config.name(), scram, false);
                yield of(scram(users, services, passThrough), users);
            }
            case ClientAuthConfig.Md5 md5 -> {
                UserStore users = users(config.name(), md5, true);
                yield of(md5(users, services), users);
            }
            case ClientAuthConfig.Password password -> {
                UserStore users = users(config.name(), password, false);
                yield of(password(users, services, passThrough), users);
            }
            case ClientAuthConfig.Trust(boolean everywhere) -> without(new AnyAuthenticator(everywhere));
            case ClientAuthConfig.Any(boolean everywhere) -> without(new AnyAuthenticator(everywhere));
            case ClientAuthConfig.AuthQuery query -> authQuery(config, query, services, authQueries, passThrough);
        };
    }

    /** How users of the console do. A user list in a database is one that has a name of its own. */
    static ClientAuthenticator ofConsole(ClientAuthConfig method, Services services, AuthQueries authQueries)
            throws StartFailure {
        return switch (method) {
            case ClientAuthConfig.Scram scram -> scram(users(CONSOLE, scram, false), services, false);
            case ClientAuthConfig.Md5 md5 -> md5(users(CONSOLE, md5, true), services);
            case ClientAuthConfig.Password password -> password(users(CONSOLE, password, false), services, false);
            case ClientAuthConfig.Trust(boolean everywhere) -> new AnyAuthenticator(everywhere);
            case ClientAuthConfig.Any(boolean everywhere) -> new AnyAuthenticator(everywhere);
            case ClientAuthConfig.AuthQuery query
            when query.use().isPresent() -> {
                UserStore users = authQueries.shared(query.use().get());
                yield switch (query.method()) {
                    case SCRAM -> scram(users, services, false);
                    case MD5 -> md5(users, services);
                    case PASSWORD -> password(users, services, false);
                };
            }
            default ->
                throw new StartFailure(
                        "admin.clientAuth: this method is not for the console; take scram, md5, password,"
                                + " trust, any, or authQuery with use");
        };
    }

    private static ClientAuth authQuery(
            RouteConfig config,
            ClientAuthConfig.AuthQuery query,
            Services services,
            AuthQueries authQueries,
            boolean passThrough)
            throws StartFailure {
        Optional<AuthQueries.Lookup> own = query.use().isPresent()
                ? Optional.empty()
                : Optional.of(authQueries.ofRoute(config.name(), query, config.backend()));
        UserStore users = own.map(AuthQueries.Lookup::users)
                .orElseGet(() -> authQueries.shared(query.use().orElseThrow()));
        ClientAuthenticator authenticator = switch (query.method()) {
            case SCRAM -> scram(users, services, passThrough);
            case MD5 -> md5(users, services);
            case PASSWORD -> password(users, services, passThrough);
        };
        return new ClientAuth(authenticator, Optional.of(users), own);
    }

    private static ClientAuthenticator scram(UserStore users, Services services, boolean passThrough) {
        return new ScramAuthenticator(users, services.fakes(), ChannelBinding.PREFER, passThrough);
    }

    private static ClientAuthenticator md5(UserStore users, Services services) {
        return new Md5Authenticator(users, services.fakes(), ChannelBinding.PREFER);
    }

    private static ClientAuthenticator password(UserStore users, Services services, boolean passThrough) {
        return new PasswordAuthenticator(users, services.fakes(), services.stretching(), passThrough);
    }

    private static ClientAuth of(ClientAuthenticator authenticator, UserStore users) {
        return new ClientAuth(authenticator, Optional.of(users), Optional.empty());
    }

    private static ClientAuth without(ClientAuthenticator authenticator) {
        return new ClientAuth(authenticator, Optional.empty(), Optional.empty());
    }

    private static StaticUserStore users(String route, ClientAuthConfig.WithUsers method, boolean md5)
            throws StartFailure {
        Map<String, PasswordSource> sources = new HashMap<>();
        if (method.usersFile().isPresent()) {
            sources.putAll(listed(method.usersFile().get()));
        }
        sources.putAll(ConfigMapping.users(method.users()));
        StaticUserStore store = new StaticUserStore(sources, ScramVerifier.DEFAULT_ITERATIONS, md5);
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

    /** A server knows another password of the user than the store did. */
    void lookAgain(String user) {
        users.ifPresent(store -> store.lookAgain(user));
    }

    @Override
    public void close() {
        lookup.ifPresent(AuthQueries.Lookup::close);
    }
}
