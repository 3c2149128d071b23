package dev.postern.gateway.backend;

import dev.postern.auth.client.AuthQueryPort;
import dev.postern.auth.client.AuthQueryRow;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialListener;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.server.ScramKeyCache;
import dev.postern.auth.server.ServerLogin;
import dev.postern.auth.server.ServerSecret;
import dev.postern.gateway.pool.CheckoutFailure;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.LoopTimer;
import dev.postern.gateway.pool.PoolSettings;
import dev.postern.gateway.pool.PoolStats;
import dev.postern.gateway.pool.ServerFailure;
import dev.postern.gateway.pool.ServerOpener;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.pool.SharedLimits;
import dev.postern.gateway.pool.Waiter;
import dev.postern.gateway.protocol.LogKeys;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few server connections of their own for look-ups of users: own database, own role, pinned settings, and nothing of any
 * client but the user name as a bound parameter. Lives on one event loop; {@link #lookUp} and {@link #close} may be called
 * from any thread.
 */
public final class AuthQueryPool implements AuthQueryPort, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AuthQueryPool.class);
    private static final long TICK_MILLIS = 250;

    private final Backend backend;
    private final String sql;
    private final PoolSettings settings;
    private final CredentialSource credentials;
    private final ScramKeyCache keys;
    private final EventLoop loop;
    private final Class<? extends Channel> channelType;
    private final HostResolver resolver;
    private final ServerPool<AuthQueryConnection> pool;
    private final ScheduledFuture<?> ticks;

    /**
     * @param backend its {@code route} names the look-up in logs
     * @param sql one parameter: the user
     * @param credentials the look-up's own; the caller closes it after this
     */
    public AuthQueryPool(
            Backend backend,
            String sql,
            PoolSettings settings,
            CredentialSource credentials,
            ScramKeyCache keys,
            EventLoop loop,
            LoopTimer timer,
            Class<? extends Channel> channelType,
            HostResolver resolver) {
        this.backend = backend;
        this.sql = sql;
        this.settings = settings;
        this.credentials = credentials;
        this.keys = keys;
        this.loop = loop;
        this.channelType = channelType;
        this.resolver = resolver;
        this.pool = new ServerPool<>(
                settings,
                new Opener(),
                timer,
                generation -> credentials.generation(generation).overdue(),
                new PoolStats(),
                SharedLimits.NONE);
        credentials.listen(new CredentialListener() {
            @Override
            public void rotated(Credential current) {
                onLoop(() -> pool.useGeneration(current.generation()));
            }

            @Override
            public void spent(Credential credential) {
                onLoop(() -> pool.endLending(credential.generation()));
            }

            @Override
            public void lost(Credential credential, String reason) {
                onLoop(() -> pool.endLending(credential.generation()));
            }

            @Override
            public void ended(Credential credential, String reason) {
                onLoop(() -> pool.endGeneration(credential.generation()));
            }
        });
        this.ticks = loop.scheduleWithFixedDelay(pool::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void onLoop(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException gatewayEnds) {
            // Nobody asks any more.
        }
    }

    @Override
    public CompletionStage<Optional<AuthQueryRow>> lookUp(String user) {
        CompletableFuture<Optional<AuthQueryRow>> answer = new CompletableFuture<>();
        new Asking(user, answer).ask();
        return answer;
    }

    /** One look-up, from its turn to its answer. */
    private final class Asking implements Waiter<AuthQueryConnection> {
        private final String user;
        private final CompletableFuture<Optional<AuthQueryRow>> answer;
        private boolean repeated;

        Asking(String user, CompletableFuture<Optional<AuthQueryRow>> answer) {
            this.user = user;
            this.answer = answer;
        }

        void ask() {
            try {
                loop.execute(() -> pool.enqueue(this, settings.serverConnectTimeout()));
            } catch (RejectedExecutionException e) {
                answer.completeExceptionally(new IllegalStateException("the gateway ends", e));
            }
        }

        @Override
        public void served(AuthQueryConnection connection) {
            connection.lookUp(
                    sql,
                    user,
                    found -> {
                        if (found.error().isPresent() && !repeated) {
                            repeatIfRoleIsGone(connection, found);
                        } else {
                            answered(connection, found);
                        }
                    },
                    this::failed);
        }

        /** With the role that takes its place: a leased one can be dropped at any time, and the query only reads. */
        private void repeatIfRoleIsGone(AuthQueryConnection connection, AuthQueryConnection.Answer found) {
            connection.checkRole(there -> {
                if (there) {
                    answered(connection, found);
                } else {
                    repeated = true;
                    connection.close(CloseReason.CREDENTIAL_ROTATED);
                    ask(); // behind what the loss of the role does to the pool's other connections
                }
            });
        }

        private void answered(AuthQueryConnection connection, AuthQueryConnection.Answer found) {
            pool.checkin(connection);
            if (found.error().isPresent()) {
                failed("the query failed: " + found.error().get().sqlState().orElse("") + " "
                        + found.error().get().message());
            } else {
                answer.complete(found.row());
            }
        }

        @Override
        public void refused(CheckoutFailure failure) {
            failed(
                    switch (failure) {
                        case CheckoutFailure.WaitTimeout(var waited) ->
                            "no look-up connection became free within " + waited.toSeconds() + " s";
                        case CheckoutFailure.NoServer(ServerFailure cause) -> cause.detail();
                        case CheckoutFailure.PoolClosed() -> "the look-up has ended";
                    });
        }

        private void failed(String why) {
            log.atWarn()
                    .addKeyValue(LogKeys.ROUTE, backend.route())
                    .addKeyValue(LogKeys.DETAIL, why)
                    .log("auth_query_failed");
            answer.completeExceptionally(new IllegalStateException(why));
        }
    }

    /** Opens look-up connections. */
    private final class Opener implements ServerOpener<AuthQueryConnection>, AuthQueryConnection.Home {
        @Override
        public void open(Result<AuthQueryConnection> result) {
            credentials
                    .acquire()
                    .whenCompleteAsync(
                            (credential, error) -> {
                                if (credential == null) {
                                    Throwable cause = error instanceof CompletionException && error.getCause() != null
                                            ? error.getCause()
                                            : error;
                                    result.failed(ServerOpening.unavailable(cause));
                                } else {
                                    open(credential, result);
                                }
                            },
                            loop);
        }

        private void open(Credential credential, Result<AuthQueryConnection> result) {
            ServerSecret secret = credential.secret() == Credential.NO_SECRET
                    ? new ServerSecret.None()
                    : new ServerSecret.Password(credential.secret());
            new ServerOpening(
                            backend,
                            credential,
                            Map.of(),
                            new ServerLogin(credential.user(), secret, backend.loginPolicy(), keys),
                            loop,
                            channelType,
                            resolver,
                            settings.serverConnectTimeout(),
                            new ServerOpening.Outcome() {
                                @Override
                                public void opened(ServerOpening.OpenedServer server) {
                                    AuthQueryConnection connection = new AuthQueryConnection(
                                            server.login(),
                                            credential,
                                            result.seat(credential.generation()),
                                            Opener.this);
                                    server.login()
                                            .pipeline()
                                            .replace(server.login().handler(), "auth_query", connection);
                                    credentials.accepted(credential);
                                    result.opened(connection);
                                }

                                @Override
                                public void failed(OpenFailure failure) {
                                    if (failure.failure().kind() == ServerFailure.Kind.LOGIN_FAILED
                                            && !failure.sqlState().isEmpty()) {
                                        credentials.refused(credential, failure.sqlState());
                                    }
                                    credentials.release(credential);
                                    result.failed(failure.failure());
                                }
                            })
                    .start();
        }

        @Override
        public void closed(AuthQueryConnection connection, Credential credential, CloseReason reason) {
            credentials.release(credential);
            pool.remove(connection, reason);
        }

        @Override
        public void credentialRefused(Credential credential, String sqlState) {
            credentials.refused(credential, sqlState);
        }
    }

    /** Look-ups that wait fail; connections close when they are done. */
    @Override
    public void close() {
        ticks.cancel(false);
        onLoop(pool::close);
    }
}
