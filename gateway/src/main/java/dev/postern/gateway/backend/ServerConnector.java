package dev.postern.gateway.backend;

import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.password.ScramKeys;
import dev.postern.auth.server.ScramKeyCache;
import dev.postern.auth.server.ServerLogin;
import dev.postern.auth.server.ServerSecret;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.PoolSettings;
import dev.postern.gateway.pool.Seat;
import dev.postern.gateway.pool.ServerFailure;
import dev.postern.gateway.pool.ServerOpener;
import dev.postern.gateway.protocol.LogKeys;
import dev.postern.gateway.protocol.SqlStates;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.ServerParts;
import dev.postern.gateway.relay.StatementCache;
import dev.postern.gateway.relay.Traffic;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the server connections of one pool and sees to it that each credential is released. Used on the pool's loop. */
public final class ServerConnector implements ServerOpener<LentServer> {
    private static final Logger log = LoggerFactory.getLogger(ServerConnector.class);

    private final Backend backend;
    private final PoolSettings settings;
    private final CredentialSource credentials;
    private final ScramKeyCache keys;
    private final EventLoop loop;
    private final Class<? extends Channel> channelType;
    private final HostResolver resolver;
    private final Traffic traffic;
    private final StatementCache statements;
    private final Returns returns;
    private final RoleInquiry inquiry = new RoleInquiry();

    /** The pool, as far as its connections need it. */
    public interface Returns {
        void checkin(LentServer server);

        void remove(LentServer server, CloseReason reason);

        /** A host has become another kind of server: all connections had better be opened anew. */
        void targetLost();

        /** A server has let us in and said this of itself. */
        void welcomedBy(Map<String, String> parameters);
    }

    public ServerConnector(
            Backend backend,
            PoolSettings settings,
            CredentialSource credentials,
            ScramKeyCache keys,
            EventLoop loop,
            Class<? extends Channel> channelType,
            HostResolver resolver,
            Traffic traffic,
            StatementCache statements,
            Returns returns) {
        this.backend = backend;
        this.settings = settings;
        this.credentials = credentials;
        this.keys = keys;
        this.loop = loop;
        this.channelType = channelType;
        this.resolver = resolver;
        this.traffic = traffic;
        this.statements = statements;
        this.returns = returns;
    }

    @Override
    public void open(Result<LentServer> result) {
        withCredential(result, credential -> open(credential, result));
    }

    private void withCredential(Result<LentServer> result, Consumer<Credential> then) {
        credentials
                .acquire()
                .whenCompleteAsync(
                        (credential, error) -> {
                            if (credential == null) {
                                failed(result, ServerOpening.unavailable(cause(error)));
                            } else {
                                then.accept(credential);
                            }
                        },
                        loop);
    }

    private static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }

    @Override
    public void openDedicated(Map<String, String> startup, Result<LentServer> result) {
        withCredential(result, credential -> logIn(credential, startup, new Dedicated(credential, result)));
    }

    /** A refusal tells of what the client asked for: the credential is in doubt only where its password is refused. */
    private final class Dedicated implements ServerOpening.Outcome {
        private final Credential credential;
        private final Result<LentServer> result;

        Dedicated(Credential credential, Result<LentServer> result) {
            this.credential = credential;
            this.result = result;
        }

        @Override
        public void opened(ServerOpening.OpenedServer server) {
            credential.keys().ifPresent(ScramKeys::close);
            if (backend.superuserRefused(server.parameters())) {
                refuseSuperuser(server, credential, result);
            } else {
                adopt(server, credential, result);
            }
        }

        @Override
        public void failed(OpenFailure failure) {
            credential.keys().ifPresent(ScramKeys::close);
            if (failure.sqlState().equals(SqlStates.INVALID_PASSWORD)) {
                credentials.refused(credential, failure.sqlState());
            }
            credentials.release(credential);
            ServerConnector.this.failed(result, failure.failure());
        }
    }

    private void open(Credential credential, Result<LentServer> result) {
        logIn(credential, Map.of(), new ServerOpening.Outcome() {
            @Override
            public void opened(ServerOpening.OpenedServer server) {
                credential.keys().ifPresent(ScramKeys::close);
                if (backend.superuserRefused(server.parameters())) {
                    refuseSuperuser(server, credential, result);
                    return;
                }
                adopt(server, credential, result);
            }

            @Override
            public void failed(OpenFailure failure) {
                credential.keys().ifPresent(ScramKeys::close);
                ServerFailure why = refused(credential, failure);
                credentials.release(credential);
                ServerConnector.this.failed(result, why);
            }
        });
    }

    /** The source hears of a refused login; where it answers with another credential, clients wait for that. */
    private ServerFailure refused(Credential credential, OpenFailure failure) {
        boolean passedThrough = credential.keys().isPresent();
        ServerFailure why = failure.failure();
        if (why.kind() != ServerFailure.Kind.LOGIN_FAILED || failure.sqlState().isEmpty() && !passedThrough) {
            return why;
        }
        credentials.refused(credential, failure.sqlState());
        return credentials.isReplacing(credential) && !passedThrough
                ? new ServerFailure(ServerFailure.Kind.CREDENTIAL_REPLACED, why.detail())
                : why;
    }

    private void logIn(Credential credential, Map<String, String> startup, ServerOpening.Outcome outcome) {
        ServerLogin login = new ServerLogin(credential.user(), secret(credential), backend.loginPolicy(), keys);
        new ServerOpening(
                        backend,
                        credential,
                        startup,
                        login,
                        loop,
                        channelType,
                        resolver,
                        settings.serverConnectTimeout(),
                        outcome)
                .start();
    }

    private static ServerSecret secret(Credential credential) {
        if (credential.keys().isPresent()) {
            return new ServerSecret.Keys(credential.keys().get());
        }
        return credential.secret() == Credential.NO_SECRET
                ? new ServerSecret.None()
                : new ServerSecret.Password(credential.secret());
    }

    private void refuseSuperuser(ServerOpening.OpenedServer server, Credential credential, Result<LentServer> result) {
        server.login().channel().close();
        credentials.release(credential);
        failed(
                result,
                new ServerFailure(
                        ServerFailure.Kind.SUPERUSER,
                        "role \"" + credential.user()
                                + "\" is a superuser, which access.allowSuperuser does not allow"));
    }

    private void failed(Result<LentServer> result, ServerFailure failure) {
        log.atWarn()
                .addKeyValue(LogKeys.ROUTE, backend.route())
                .addKeyValue(LogKeys.DATABASE, backend.database())
                .addKeyValue(LogKeys.REASON, failure.kind().label())
                .addKeyValue(LogKeys.DETAIL, failure.detail())
                .log("server_open_failed");
        result.failed(failure);
    }

    private void adopt(ServerOpening.OpenedServer opened, Credential credential, Result<LentServer> result) {
        Seat seat = result.seat(credential.generation());
        ServerConnection server =
                new ServerConnection(opened, backend, new Home(credential), seat, new ServerParts(traffic), statements);
        opened.login().pipeline().replace(opened.login().handler(), "server", server);
        credentials.accepted(credential);
        server.logged(log.atInfo())
                .addKeyValue(LogKeys.TLS, opened.tls())
                .addKeyValue(LogKeys.GENERATION, credential.generation())
                .log("server_opened");
        returns.welcomedBy(opened.parameters());
        result.opened(server);
    }

    /** What a connection tells its pool, with the credential that it gives back at its end. */
    private final class Home implements ServerConnection.Home {
        private final Credential credential;

        Home(Credential credential) {
            this.credential = credential;
        }

        @Override
        public PoolSettings settings() {
            return settings;
        }

        @Override
        public String role() {
            return credential.user();
        }

        @Override
        public boolean leased() {
            return !credential.deadline().equals(Instant.MAX);
        }

        @Override
        public void transactionEnded(Duration lasted) {
            credentials.transactionEnded(lasted);
        }

        @Override
        public void returned(ServerConnection server) {
            returns.checkin(server);
        }

        @Override
        public void closed(ServerConnection server, CloseReason reason) {
            credentials.release(credential);
            returns.remove(server, reason);
        }

        @Override
        public void targetLost(ServerConnection server) {
            backend.hosts().failed(server.address());
            returns.targetLost();
        }

        @Override
        public void saysOtherwise(Map<String, String> parameters) {
            returns.welcomedBy(parameters);
        }

        @Override
        public void credentialRefused(ServerConnection server, String sqlState) {
            credentials.refused(credential, sqlState);
        }

        @Override
        public void askAboutRole(java.util.function.Consumer<RoleInquiry.Verdict> result) {
            inquiry.ask(
                    credential.generation(),
                    outcome -> logIn(credential, Map.of(), outcome),
                    isGone -> credentials
                            .isGone(credential)
                            .whenCompleteAsync((gone, error) -> isGone.accept(Boolean.TRUE.equals(gone)), loop),
                    result);
        }
    }
}
