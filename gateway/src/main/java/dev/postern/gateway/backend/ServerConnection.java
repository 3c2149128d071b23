package dev.postern.gateway.backend;

import dev.postern.gateway.pool.ClientFacts;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.ConnectionIds;
import dev.postern.gateway.pool.PoolSettings;
import dev.postern.gateway.pool.Seat;
import dev.postern.gateway.pool.ServerFacts;
import dev.postern.gateway.protocol.BackendKeyData;
import dev.postern.gateway.protocol.BackendMessage;
import dev.postern.gateway.protocol.BackendType;
import dev.postern.gateway.protocol.CancelRequest;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.LogKeys;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.ParameterStatus;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.SqlStates;
import dev.postern.gateway.relay.ClientStream;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.Link;
import dev.postern.gateway.relay.LinkMode;
import dev.postern.gateway.relay.ServerParts;
import dev.postern.gateway.relay.ServerStatements;
import dev.postern.gateway.relay.SessionSettings;
import dev.postern.gateway.relay.StatementCache;
import dev.postern.gateway.relay.Tunnel;
import dev.postern.tls.BackendTls;
import dev.postern.tls.TlsFacts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A logged-in server connection.
 *
 * <pre>
 * Idle --lent--> Active --giveBack--> (BeingCanceled) --> (Resetting) --> Idle
 * Idle --check--> Tested --> Idle
 * any --> Closed(reason)
 * </pre>
 *
 * In each state but Idle there is a {@link Link}: to a client's session, or to nobody while the gateway checks or resets.
 * A message that comes without a link must be one of the few a server sends unasked.
 */
final class ServerConnection extends ChannelInboundHandlerAdapter implements LentServer {
    private static final Pattern RESETS_SETTINGS =
            Pattern.compile("\\b(DISCARD|RESET)\\s+ALL\\b", Pattern.CASE_INSENSITIVE);

    private static final Pattern FORGETS_STATEMENTS =
            Pattern.compile("\\b(DISCARD|DEALLOCATE)\\s+ALL\\b", Pattern.CASE_INSENSITIVE);

    private static final String DISCARD_ALL = "DISCARD ALL";

    private static final Logger log = LoggerFactory.getLogger(ServerConnection.class);

    /** Where the connection belongs. */
    interface Home {
        PoolSettings settings();

        /** The role that the connection is logged in as. */
        String role();

        /** Whether the role is one that may be dropped while the connection is open. */
        boolean leased();

        /** The connection is clean. */
        void returned(ServerConnection server);

        /** How long a client's transaction lasted. */
        void transactionEnded(Duration lasted);

        /** The connection is closed; called once. */
        void closed(ServerConnection server, CloseReason reason);

        /** The role is not what it was: 42704 and the like, found by a check. */
        void credentialRefused(ServerConnection server, String sqlState);

        /** The host is no longer what {@code targetSessionAttrs} wants; the connection is about to be closed. */
        void targetLost(ServerConnection server);

        /** What the server says of itself, not of a session, is not what it was. */
        void saysOtherwise(Map<String, String> parameters);

        /** Finds out whether the role is still there; the result comes on the loop. */
        void askAboutRole(Consumer<RoleInquiry.Verdict> result);
    }

    private final long id = ConnectionIds.next();
    private final Instant connected = Instant.now();
    private final Channel channel;
    private final Home home;
    private final Seat seat;
    private final Backend backend;
    private final ServerAddress address;
    private final boolean tls;
    private final Optional<BackendKeyData> key;
    private final ServerParts parts;
    private final ServerStatements statements;
    private final Map<String, String> initially;
    private Map<String, String> parameters;
    private SessionSettings settings = SessionSettings.NONE;
    private boolean settingsUnknown;
    /** The last client left something in the session: it is discarded before the next one comes. */
    private boolean unclean;

    private boolean uncleanForGood;
    private @Nullable Link link;
    private @Nullable Tunnel tunnel;
    private int cancels;
    private boolean cancelUnsettled;
    private boolean returning;
    /** A client's error looked like one of a role that is gone: checked before the next client. */
    private boolean suspect;
    /** An error is kept from the client until it is known whether the role is still there. */
    private boolean asking;

    /** A client's write was refused: asked before the next client whether the server is a primary still. */
    private boolean doubtful;
    /** The server has said that it is no longer what is wanted. */
    private boolean targetLost;

    private boolean closesSoon;
    private boolean closed;
    private boolean suspended;
    private boolean wantsReading = true;

    ServerConnection(
            ServerOpening.OpenedServer opened,
            Backend backend,
            Home home,
            Seat seat,
            ServerParts parts,
            StatementCache statementCache) {
        this.channel = opened.login().channel();
        this.home = home;
        this.seat = seat;
        this.backend = backend;
        this.address = opened.address();
        this.tls = opened.tls();
        this.key = opened.key();
        this.initially = opened.parameters();
        this.parameters = opened.parameters();
        this.parts = parts;
        this.statements = new ServerStatements(statementCache, home.settings().maxPreparedStatements());
    }

    // ---- PooledServer

    @Override
    public Seat seat() {
        return seat;
    }

    @Override
    public void check(String query, Consumer<Boolean> result) {
        runOwn(query, error -> {
            error.flatMap(ErrorResponse::sqlState).ifPresent(state -> home.credentialRefused(this, state));
            result.accept(error.isEmpty() && !isTargetLost());
        });
    }

    /** Where it is, the others of the pool are told as well; the caller closes this one. */
    private boolean isTargetLost() {
        if (targetLost) {
            logged(log.atWarn()).log("server_target_lost");
            home.targetLost(this);
        }
        return targetLost;
    }

    @Override
    public void expire() {
        Link linked = link;
        if (linked != null) {
            linked.client().credentialEnded();
        }
        if (tunnel != null) {
            tunnel.credentialEnded();
        }
        close(CloseReason.CREDENTIAL_ROTATED);
    }

    @Override
    public void announceRotation() {
        Link linked = link;
        if (linked != null) {
            linked.client().credentialRotated();
        }
    }

    @Override
    public void closeSoon() {
        closesSoon = true;
    }

    @Override
    public boolean closesSoon() {
        return closesSoon;
    }

    @Override
    public void close(CloseReason reason) {
        if (closed) {
            return;
        }
        closed = true;
        Link linked = link;
        link = null;
        if (linked != null) {
            linked.end();
        }
        parts.release();
        statements.clear();
        channel.close();
        logged(log.atInfo()).addKeyValue(LogKeys.REASON, reason.label()).log("server_closed");
        home.closed(this, reason);
        if (linked != null) {
            linked.serverGone();
        }
        if (tunnel != null) {
            tunnel.serverGone();
        }
    }

    // ---- LentServer

    @Override
    public ServerParts parts() {
        return parts;
    }

    @Override
    public void link(Link next) {
        link = next;
    }

    @Override
    public void tunnel(Tunnel only) {
        tunnel = only;
    }

    @Override
    public void giveBack() {
        Link linked = link;
        if (linked != null && linked.isInDoubt()) {
            discard(linked.doubt());
            return;
        }
        if (linked != null && home.leased()) {
            home.transactionEnded(Duration.ofNanos(linked.lastTransactionNanos()));
        }
        endLink();
        setReading(true);
        returning = true;
        returnIfSettled();
    }

    @Override
    public void discard(CloseReason reason) {
        endLink();
        close(reason);
    }

    private void endLink() {
        Link linked = link;
        link = null;
        if (linked != null) {
            linked.end();
        }
    }

    private void returnIfSettled() {
        if (!returning || cancels > 0 || closed) {
            return;
        }
        if (cancelUnsettled) {
            close(CloseReason.CANCEL_UNSETTLED);
            return;
        }
        if (doubtful) {
            doubtful = false;
            runOwn(backend.hosts().target().check(), error -> {
                targetLost |= error.isPresent();
                returnIfSettled();
            });
            return;
        }
        if (isTargetLost()) {
            close(CloseReason.TARGET_LOST);
            return;
        }
        if (suspect) {
            suspect = false;
            runOwn(home.settings().serverCheckQuery(), this::roleChecked);
            return;
        }
        if (uncleanForGood) {
            close(CloseReason.UNCLEAN);
            return;
        }
        returning = false;
        if (unclean) {
            reset(DISCARD_ALL);
        } else if (home.settings().resets()) {
            reset(home.settings().serverResetQuery());
        } else {
            home.returned(this);
        }
    }

    private void reset(String query) {
        runOwn(query, error -> {
            if (error.isPresent()) {
                close(CloseReason.RESET_FAILED);
            } else {
                if (FORGETS_STATEMENTS.matcher(query).find()) {
                    statements.clear();
                }
                settings = SessionSettings.NONE;
                settingsUnknown = !RESETS_SETTINGS.matcher(query).find();
                unclean = false;
                home.returned(this);
            }
        });
    }

    private void roleChecked(Optional<ErrorResponse> error) {
        if (error.isEmpty()) {
            returnIfSettled();
        } else {
            home.credentialRefused(this, error.get().sqlState().orElse(""));
            close(CloseReason.CHECK_FAILED);
        }
    }

    /** A query of the gateway's own, while no client is linked; the connection is closed if it takes too long. */
    private void runOwn(String query, Consumer<Optional<ErrorResponse>> done) {
        ScheduledFuture<?> timer = loop().schedule(
                        () -> close(CloseReason.CHECK_FAILED),
                        home.settings().serverConnectTimeout().toMillis(),
                        TimeUnit.MILLISECONDS);
        Link own = new Link(new NoClient(() -> timer.cancel(false)), new ClientStream(), this, parts, LinkMode.PLAIN);
        link = own;
        own.internalQuery(query, error -> {
            timer.cancel(false);
            endLink();
            if (own.isInDoubt()) {
                close(own.doubt());
            } else {
                done.accept(error);
            }
        });
    }

    @Override
    public Map<String, String> parameters() {
        return parameters;
    }

    @Override
    public void cancel(Runnable settled) {
        if (closed || key.isEmpty()) {
            settled.run();
            return;
        }
        cancels++;
        BackendKeyData data = key.get();
        SocketAddress socket = channel.remoteAddress();
        Optional<BackendTls> requestTls = tls ? backend.tls() : Optional.empty();
        ServerCancel.send(
                new CancelRequest(data.processId(), data.secretKey()),
                requestTls,
                address,
                socket,
                loop(),
                channel.getClass(),
                home.settings().cancelWaitTimeout(),
                certain -> {
                    cancels--;
                    settled.run();
                    // As long as the client has the server, a late cancel hits nobody else.
                    cancelUnsettled |= !certain;
                    returnIfSettled();
                });
    }

    @Override
    public boolean isWritable() {
        return channel.isWritable();
    }

    @Override
    public void setReading(boolean reading) {
        wantsReading = reading;
        boolean now = reading && !suspended && !asking;
        if (channel.config().isAutoRead() != now) {
            channel.config().setAutoRead(now);
        }
    }

    @Override
    public void suspend(boolean on) {
        suspended = on;
        setReading(wantsReading);
    }

    // ---- ServerEnd

    @Override
    public void write(ByteBuf messages) {
        channel.write(messages, channel.voidPromise());
    }

    @Override
    public void flush() {
        channel.flush();
    }

    @Override
    public ByteBufAllocator alloc() {
        return channel.alloc();
    }

    @Override
    public ServerStatements statements() {
        return statements;
    }

    @Override
    public SessionSettings settings() {
        return settings;
    }

    @Override
    public void settings(SessionSettings changed) {
        settings = changed;
        settingsUnknown = false;
    }

    @Override
    public boolean asksAboutRole() {
        Link linked = link;
        if (!home.leased() || linked == null) {
            return false;
        }
        asking = true;
        setReading(wantsReading);
        home.askAboutRole(verdict -> {
            asking = false;
            if (closed || link != linked) {
                return;
            }
            if (verdict == RoleInquiry.Verdict.GONE) {
                logged(log.atWarn()).log("server_role_gone");
                // First, or the place that becomes free is filled with the same credential. Ends this connection too.
                home.credentialRefused(this, SqlStates.UNDEFINED_OBJECT);
                linked.client().roleGone();
                close(CloseReason.CREDENTIAL_ROTATED);
                return;
            }
            suspect = verdict == RoleInquiry.Verdict.UNKNOWN;
            setReading(wantsReading);
            linked.errorIsTheClients();
        });
        return true;
    }

    @Override
    public void settingsUnknown() {
        settingsUnknown = true;
    }

    @Override
    public void unclean(boolean forGood) {
        unclean = true;
        uncleanForGood |= forGood;
    }

    @Override
    public boolean areSettingsUnknown() {
        return settingsUnknown;
    }

    @Override
    public void reported(String name, String value) {
        if (!value.equals(parameters.get(name))) {
            Map<String, String> changed = new HashMap<>(parameters);
            changed.put(name, value);
            parameters = changed;
            // Of a server alone: default_transaction_read_only is also what a client may have SET.
            if (name.equals(TargetSessionAttrs.IN_HOT_STANDBY)) {
                targetLost |= doesNotDo(name, value);
                home.saysOtherwise(changed);
            }
        }
    }

    private boolean doesNotDo(String name, String value) {
        Map<String, String> now = new HashMap<>(initially);
        now.put(name, value);
        return backend.hosts()
                .target()
                .accepts(now)
                .filter(accepted -> !accepted)
                .isPresent();
    }

    @Override
    public void refusedToWrite() {
        doubtful = backend.hosts().target().wantsWrites();
    }

    @Override
    public @Nullable String initially(String name) {
        return initially.get(name);
    }

    @Override
    public void violated(ProtocolViolation violation) {
        logged(log.atWarn()).addKeyValue(LogKeys.DETAIL, violation.getMessage()).log("server_protocol_violation");
        close(CloseReason.PROTOCOL_VIOLATION);
    }

    // ---- channel

    private EventLoop loop() {
        return channel.eventLoop();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Link linked = link;
        if (closed) {
            ReferenceCountUtil.release(message);
        } else if (linked != null) {
            linked.fromServer((ByteBuf) message);
        } else if (tunnel != null) {
            tunnel.fromServer((ByteBuf) message);
        } else {
            unasked((ByteBuf) message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        Link linked = link;
        if (linked != null) {
            linked.flushToClient();
        } else if (tunnel != null) {
            tunnel.flushToClient();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        Link linked = link;
        if (linked != null) {
            linked.client().setReading(context.channel().isWritable() && !linked.holdsClientBack());
        } else if (tunnel != null) {
            tunnel.serverWritable(context.channel().isWritable());
        }
    }

    /** Notices, notifications nobody listens for, and settings changed by a reload of the server; its last words. */
    private void unasked(ByteBuf in) {
        try {
            while (in.isReadable()) {
                if (in.readableBytes() < MessageHeader.HEADER_LENGTH) {
                    close(CloseReason.PROTOCOL_VIOLATION);
                    return;
                }
                byte type = in.readByte();
                int length = in.readInt();
                MessageHeader.checkLength(type, length, MessageHeader.backendLimit(type));
                if (in.readableBytes() < length - 4 || !understood(type, in.readSlice(length - 4))) {
                    close(CloseReason.PROTOCOL_VIOLATION);
                    return;
                }
            }
        } catch (ProtocolViolation violation) {
            violated(violation);
        } finally {
            ReferenceCountUtil.release(in);
        }
    }

    private boolean understood(byte type, ByteBuf body) {
        switch (type) {
            case BackendType.NOTICE_RESPONSE, BackendType.NOTIFICATION_RESPONSE -> {
                return true;
            }
            case BackendType.PARAMETER_STATUS -> {
                ParameterStatus status = (ParameterStatus) BackendMessage.decode(type, body);
                reported(status.name(), status.value());
                return true;
            }
            case BackendType.ERROR_RESPONSE -> {
                logged(log.atInfo())
                        .addKeyValue(
                                LogKeys.SQLSTATE, ErrorResponse.sqlState(body).orElse(""))
                        .log("server_error_when_idle");
                close(CloseReason.SERVER_GONE);
                return true;
            }
            default -> {
                return false;
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        close(CloseReason.SERVER_GONE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        logged(log.atInfo()).addKeyValue(LogKeys.DETAIL, cause.toString()).log("server_connection_failed");
        close(CloseReason.SERVER_GONE);
    }

    // ---- for logs and the console

    /** What every event of this connection says. */
    LoggingEventBuilder logged(LoggingEventBuilder event) {
        return event.addKeyValue(LogKeys.SERVER, address.toString())
                .addKeyValue(LogKeys.ROUTE, backend.route())
                .addKeyValue(LogKeys.DATABASE, backend.database())
                .addKeyValue(LogKeys.PID, processId());
    }

    @Override
    public ServerFacts facts() {
        Link linked = link;
        return new ServerFacts(
                id,
                home.role(),
                returning || (linked != null && seat.state() != Seat.State.ACTIVE),
                cancels,
                Optional.ofNullable(channel.remoteAddress()),
                Optional.ofNullable(channel.localAddress()),
                connected,
                linked == null ? connected : Instant.now().minusNanos(System.nanoTime() - linked.requestSince()),
                processId(),
                TlsFacts.describe(channel.pipeline()),
                parameters.getOrDefault("application_name", ""),
                statements.size(),
                tunnel == null ? ClientFacts.NO_REPLICATION : tunnel.kind());
    }

    ServerAddress address() {
        return address;
    }

    int processId() {
        return key.map(BackendKeyData::processId).orElse(0);
    }

    @Override
    public String toString() {
        return "server " + address + " pid " + processId();
    }
}
