package dev.postern.gateway.backend;

import dev.postern.auth.credentials.Credential;
import dev.postern.auth.server.ServerLogin;
import dev.postern.gateway.pool.ServerFailure;
import dev.postern.gateway.protocol.BackendKeyData;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.LogKeys;
import dev.postern.gateway.protocol.ProtocolVersion;
import dev.postern.gateway.protocol.StartupMessage;
import dev.postern.tls.ChannelBinding;
import dev.postern.tls.SslMode;
import dev.postern.tls.TlsFacts;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to open a server connection: every host in order, every address of it, each with its share of the time.
 * Runs on the pool's loop and reports exactly once.
 */
final class ServerOpening {
    private static final Logger log = LoggerFactory.getLogger(ServerOpening.class);

    /** Neither views nor operators of the role's own making answer it. */
    private static final String SUPERUSER_QUESTION =
            "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) session_user";

    private final Backend backend;
    private final Credential credential;
    private final Map<String, String> startup;
    private final ServerLogin login;
    private final EventLoop loop;
    private final Class<? extends Channel> channelType;
    private final HostResolver resolver;
    private final Duration timeout;
    private final Outcome outcome;
    private final Deque<ServerAddress> left;
    private final List<ServerAddress> notStandby = new ArrayList<>();
    private final List<String> causes = new ArrayList<>();
    private TargetSessionAttrs target;
    private boolean reported;

    /** Where the result goes; called on the loop. */
    interface Outcome {
        void opened(OpenedServer server);

        void failed(OpenFailure failure);
    }

    /** A logged-in connection that nobody reads from yet. */
    record OpenedServer(
            ChannelHandlerContext login,
            ServerAddress address,
            boolean tls,
            Map<String, String> parameters,
            Optional<BackendKeyData> key) {}

    /** @param startup parameters of this connection beside those of the backend */
    ServerOpening(
            Backend backend,
            Credential credential,
            Map<String, String> startup,
            ServerLogin login,
            EventLoop loop,
            Class<? extends Channel> channelType,
            HostResolver resolver,
            Duration timeout,
            Outcome outcome) {
        this.backend = backend;
        this.credential = credential;
        this.startup = startup;
        this.login = login;
        this.loop = loop;
        this.channelType = channelType;
        this.resolver = resolver;
        this.timeout = timeout.dividedBy(Math.max(1, backend.hosts().size()));
        this.outcome = outcome;
        this.left = new ArrayDeque<>(backend.hosts().order());
        this.target = backend.hosts().target().firstPass();
    }

    void start() {
        next(OpenFailure.unreachable("no host is configured"));
    }

    private void next(OpenFailure last) {
        ServerAddress address = last.tryNext() ? left.poll() : null;
        if (address == null) {
            report(() -> outcome.failed(last.withDetails(causes)));
            return;
        }
        resolver.resolve(address.host())
                .whenCompleteAsync(
                        (addresses, error) -> {
                            if (addresses == null || addresses.isEmpty()) {
                                unusable(
                                        address,
                                        OpenFailure.unreachable("the host name " + address.host()
                                                + " cannot be resolved: "
                                                + (error == null ? "no address" : error.getMessage())));
                            } else {
                                new Attempt(address, backend.hosts().spread(addresses), backend.sslMode()).connect(0);
                            }
                        },
                        loop);
    }

    /** This host gave no connection: the next one, and later ones begin elsewhere. */
    private void unusable(ServerAddress address, OpenFailure failure) {
        causes.add(failure.failure().detail());
        boolean target = failure.failure().kind() == ServerFailure.Kind.NO_TARGET_SERVER;
        if (target && backend.hosts().target() == TargetSessionAttrs.PREFER_STANDBY) {
            notStandby.add(address);
        }
        if (left.isEmpty() && failure.tryNext() && !notStandby.isEmpty()) {
            this.target = TargetSessionAttrs.ANY; // no host is a standby: then any will do
            left.addAll(notStandby);
            notStandby.clear();
        }
        next(failure);
    }

    private void report(Runnable result) {
        if (!reported) {
            reported = true;
            result.run();
        }
    }

    /** One host. */
    private final class Attempt implements ServerTlsNegotiationHandler.LoginStart, ServerLoginHandler.Done {
        private final ServerAddress address;
        private final List<InetAddress> addresses;
        private final SslMode mode;
        private final long deadline = System.nanoTime() + timeout.toNanos();
        private @Nullable Channel channel;
        private @Nullable ScheduledFuture<?> timer;
        private boolean tls;
        private boolean over;

        Attempt(ServerAddress address, List<InetAddress> addresses, SslMode mode) {
            this.address = address;
            this.addresses = addresses;
            this.mode = mode;
        }

        void connect(int which) {
            long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
            if (timer == null) {
                timer = loop.schedule(this::late, millis, TimeUnit.MILLISECONDS);
            }
            Bootstrap bootstrap = new Bootstrap()
                    .group(loop)
                    .channel(channelType)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(millis, Integer.MAX_VALUE))
                    .handler(firstHandler());
            InetAddress target = addresses.get(which);
            bootstrap.connect(new InetSocketAddress(target, address.port())).addListener((ChannelFuture connected) -> {
                if (over) {
                    connected.channel().close();
                } else if (connected.isSuccess()) {
                    channel = connected.channel();
                    backend.socket().accept(connected.channel());
                } else if (which + 1 < addresses.size()) {
                    connect(which + 1);
                } else if (connected.cause() instanceof ConnectTimeoutException) {
                    late();
                } else {
                    failed(OpenFailure.unreachable("cannot connect to " + address + ": "
                            + connected.cause().getMessage()));
                }
            });
        }

        private ChannelInboundHandlerAdapter firstHandler() {
            if (mode.asksFirst() && backend.tls().isPresent()) {
                return new ServerTlsNegotiationHandler(backend.tls().get(), address, mode.allowsPlain(), this);
            }
            return new ChannelInboundHandlerAdapter() {
                @Override
                public void channelActive(ChannelHandlerContext ctx) {
                    begin(ctx);
                }
            };
        }

        @Override
        public void begin(ChannelHandlerContext ctx) {
            Optional<TlsFacts> facts = TlsFacts.of(ctx.pipeline());
            tls = facts.isPresent();
            Optional<byte[]> binding =
                    facts.flatMap(TlsFacts::peerCertificate).flatMap(ChannelBinding::tlsServerEndPoint);
            ctx.pipeline()
                    .replace(
                            ctx.handler(),
                            "login",
                            new ServerLoginHandler(startup(), address, login.begin(tls, binding, loop), this));
        }

        private StartupMessage startup() {
            Map<String, String> parameters = new LinkedHashMap<>(backend.parameters());
            if (dedicated()) {
                parameters.remove("role"); // which need not have REPLICATION, as the one that logs in has
            }
            parameters.putAll(startup);
            parameters.put("user", credential.user());
            parameters.put("database", backend.database());
            return new StartupMessage(ProtocolVersion.V3_0, parameters);
        }

        @Override
        public void loggedIn(ChannelHandlerContext ctx, Map<String, String> parameters, Optional<BackendKeyData> key) {
            if (over) {
                return;
            }
            if (backend.mayHideSuperuser() && !dedicated()) {
                ask(ctx, SUPERUSER_QUESTION, parameters, (asked, value, error) -> {
                    if (!value.equals(Optional.of("f"))) {
                        parameters.put("is_superuser", "on");
                    }
                    connectQuery(asked, parameters, key);
                });
            } else {
                connectQuery(ctx, parameters, key);
            }
        }

        /** That a client has it for itself; it takes no SQL where it is for physical replication. */
        private boolean dedicated() {
            return !startup.isEmpty();
        }

        private void connectQuery(
                ChannelHandlerContext ctx, Map<String, String> parameters, Optional<BackendKeyData> key) {
            if (backend.connectQuery().isEmpty() || dedicated()) {
                judge(ctx, parameters, key);
            } else {
                ask(ctx, backend.connectQuery().get(), parameters, (asked, value, error) -> {
                    error.ifPresent(this::connectQueryFailed);
                    judge(asked, parameters, key);
                });
            }
        }

        private void connectQueryFailed(ErrorResponse error) {
            log.atWarn()
                    .addKeyValue(LogKeys.ROUTE, backend.route())
                    .addKeyValue(LogKeys.SERVER, address.toString())
                    .addKeyValue(LogKeys.SQLSTATE, error.sqlState().orElse(""))
                    .addKeyValue(LogKeys.DETAIL, error.message())
                    .log("connect_query_failed");
        }

        private void judge(ChannelHandlerContext ctx, Map<String, String> parameters, Optional<BackendKeyData> key) {
            Optional<Boolean> accepted = target.accepts(parameters);
            if (accepted.isPresent()) {
                judged(ctx, parameters, key, accepted.get());
                return;
            }
            ask(ctx, target.question(), parameters, (asked, value, error) -> {
                if (value.isEmpty()) {
                    failed(OpenFailure.unreachable("the server at " + address + " does not say whether it is "
                            + target.keyword()
                            + error.map(words -> ": " + words.message()).orElse("")));
                } else {
                    judged(asked, parameters, key, value.get().equals("t"));
                }
            });
        }

        private void ask(ChannelHandlerContext ctx, String sql, Map<String, String> parameters, FirstQuery.Done done) {
            ctx.pipeline().replace(ctx.handler(), "login", new FirstQuery(sql, parameters, done, this));
        }

        private void judged(
                ChannelHandlerContext ctx,
                Map<String, String> parameters,
                Optional<BackendKeyData> key,
                boolean accepted) {
            if (!accepted) {
                backend.hosts().failed(address);
                failed(OpenFailure.notTarget("the server at " + address + " is not " + target.keyword()));
            } else if (end()) {
                backend.hosts().succeeded(address);
                report(() -> outcome.opened(new OpenedServer(ctx, address, tls, Map.copyOf(parameters), key)));
            }
        }

        private void late() {
            backend.hosts().failed(address); // the next connections need not wait for it as well
            failed(OpenFailure.unreachable("the server at " + address + " did not answer in time"));
        }

        @Override
        public void failed(OpenFailure failure) {
            if (!end()) {
                return;
            }
            if (channel != null) {
                channel.close();
            }
            boolean plainWasRefused = failure.sqlState().equals("28000") && !tls;
            if (mode == SslMode.ALLOW && plainWasRefused && backend.tls().isPresent()) {
                new Attempt(address, addresses, SslMode.REQUIRE).connect(0);
            } else {
                unusable(address, failure);
            }
        }

        /** True for the one caller who ends the attempt. */
        private boolean end() {
            if (over) {
                return false;
            }
            over = true;
            if (timer != null) {
                timer.cancel(false);
            }
            return true;
        }
    }

    static ServerFailure unavailable(Throwable cause) {
        return new ServerFailure(ServerFailure.Kind.CREDENTIAL_UNAVAILABLE, String.valueOf(cause.getMessage()));
    }
}
