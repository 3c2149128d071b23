package dev.postern.gateway;

import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.auth.client.ThrottledAuthenticator;
import dev.postern.auth.client.UserStore;
import dev.postern.gateway.config.ClientAuthConfig;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.OutsideAuthConfig;
import dev.postern.gateway.config.RouteConfig;
import java.util.List;
import java.util.Optional;

/**
 * How the clients of one route prove who they are.
 *
 * @param users who knows them, where somebody does
 * @param held what is closed with the route
 * @param files what was read for it once
 */
record ClientAuth(ClientAuthenticator authenticator, Optional<UserStore> users, List<Runnable> held, FilesOnce files)
        implements AutoCloseable {
    private static final String CONSOLE = "admin.clientAuth";

    /** Reads files and derives verifiers: for a thread that may block. */
    static ClientAuth of(RouteConfig config, Services services, AuthQueries authQueries) throws StartFailure {
        boolean passThrough = config.credentials() instanceof CredentialsConfig.PassThrough;
        AuthMethods methods =
                new AuthMethods(config.name(), Optional.of(config.backend()), services, authQueries, passThrough);
        try {
            ClientAuthenticator authenticator = methods.of(config.clientAuth());
            return new ClientAuth(
                    new ThrottledAuthenticator(authenticator, services::throttle),
                    methods.users(),
                    methods.held(),
                    methods.files());
        } catch (StartFailure | RuntimeException e) {
            methods.held().forEach(Runnable::run);
            throw e;
        }
    }

    /** How users of the console do. A user list in a database is one that has a name of its own. */
    static ClientAuthenticator ofConsole(ClientAuthConfig method, Services services, AuthQueries authQueries)
            throws StartFailure {
        boolean suits = switch (method) {
            case ClientAuthConfig.WithUsers users -> true;
            case ClientAuthConfig.WithoutProof open -> true;
            case ClientAuthConfig.Cert cert -> true;
            case ClientAuthConfig.Peer peer -> true;
            case ClientAuthConfig.AuthQuery query -> query.use().isPresent();
            case ClientAuthConfig.Hba rules -> false;
            case OutsideAuthConfig outside -> false;
        };
        if (!suits) {
            throw new StartFailure(CONSOLE + ": this method is not for the console; take scram, md5, password, trust,"
                    + " any, cert, peer, or authQuery with use");
        }
        ClientAuthenticator authenticator =
                new AuthMethods(CONSOLE, Optional.empty(), services, authQueries, false).of(method);
        return new ThrottledAuthenticator(authenticator, services::throttle);
    }

    /** Users, or whom it believes, have changed in files. Blocks. */
    boolean isOutdated() {
        return files.areOutdated();
    }

    /** A server knows another password of the user than the store did. */
    void lookAgain(String user) {
        users.ifPresent(store -> store.lookAgain(user));
    }

    @Override
    public void close() {
        held.forEach(Runnable::run);
    }
}
