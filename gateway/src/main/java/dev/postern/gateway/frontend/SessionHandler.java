package dev.postern.gateway.frontend;

import dev.postern.gateway.pool.CheckoutFailure;
import dev.postern.gateway.pool.ClientFacts;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.ConnectionIds;
import dev.postern.gateway.pool.PoolSettings;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.pool.Ticket;
import dev.postern.gateway.pool.Waiter;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.ErrorResponses;
import dev.postern.gateway.protocol.FrontendType;
import dev.postern.gateway.protocol.LogKeys;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.MessageWriter;
import dev.postern.gateway.protocol.NoticeResponse;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.gateway.protocol.SqlStates;
import dev.postern.gateway.relay.ClientEnd;
import dev.postern.gateway.relay.ClientStatements;
import dev.postern.gateway.relay.ClientStream;
import dev.postern.gateway.relay.FirstRequest;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.Link;
import dev.postern.gateway.relay.LinkMode;
import dev.postern.gateway.relay.Remains;
import dev.postern.gateway.relay.SessionSettings;
import dev.postern.tls.TlsFacts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client that is logged in.
 *
 * <pre>
 * Idle --request--> (Waiting) --served--> (Preparing) --> Active --ready, transaction mode--> (Learning) --> Idle
 * Learning --pinned--> (Preparing) --> Active
 * Learning --listens--> HandingOver --> Idle
 * any --> Closed
 * </pre>
 */
final class SessionHandler extends ChannelInboundHandlerAdapter
        implements ClientEnd, Waiter<LentServer>, Cancelable, SessionChannels.Owner {
    private static final Logger log = LoggerFactory.getLogger(SessionHandler.class);

    /** Bytes that a client may send ahead while it waits; then it is not read from. */
    private static final int MOST_PENDING = 1 << 16;

    /** Servers that one request may lose before it has been sent: a client's settings may be what kills them. */
    private static final int MOST_SERVERS_LOST = 3;

    private final long id = ConnectionIds.next();
    private final SessionPool pool;
    private final Listener listener;
    private final SessionSettings startupSettings;
    private final ClientStream stream;
    private final ClientStatements statements;
    private SessionSettings settings;
    private SessionState state = SessionState.IDLE;
    private @Nullable ByteBuf pending;
    /** Set while it may have to go to another server, the role of this one being in doubt. */
    private @Nullable FirstRequest first;
    /** The server has lost its role before it did anything for the client. */
    private boolean repeats;

    private @Nullable Channel channel;
    private int cancelProcessId;
    private long idleSince = System.nanoTime();
    private int serversLost;
    private boolean draining;
    private boolean suspended;
    private boolean wantsReading = true;
    private SessionOrigin origin = SessionOrigin.UNKNOWN;
    /** The session's credential was rotated while a message was half way to the client. */
    private boolean rotationToTell;

    /** The server was lent in session mode: it stays though a reload changes the mode. */
    private boolean keepsServer;

    /** Why the server stays in transaction mode. */
    private Set<Remains> pinnedBy = Set.of();

    private @Nullable ScheduledFuture<?> learningTimer;

    private final SessionChannels channels;

    SessionHandler(SessionPool pool, SessionSettings settings, Listener listener, ClientStream stream) {
        this.stream = stream;
        this.pool = pool;
        this.listener = listener;
        this.startupSettings = settings;
        this.settings = settings;
        this.statements = new ClientStatements(pool.statements());
        this.channels = new SessionChannels(pool, this);
    }

    void origin(SessionOrigin who) {
        origin = who;
    }

    void cancelKey(int processId) {
        cancelProcessId = processId;
    }

    @Override
    public Channel channel() {
        if (channel == null) {
            throw new IllegalStateException("the session has no channel yet");
        }
        return channel;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        pool.add(this);
        if (!ctx.channel().isActive()) {
            end(CloseReason.CLIENT_GONE);
        } else {
            suspended = pool.suspended();
            setReading(true);
            if (pool.draining()) {
                drain(); // the login ended after the drain had begun
            }
        }
    }

    // ---- from the client

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        switch (state) {
            case SessionState.Active active -> {
                if (first != null) {
                    sendsFirst(first, in);
                }
                active.link().fromClient(in);
            }
            case SessionState.Idle idle -> request(in);
            case SessionState.Waiting waiting -> keep(in);
            case SessionState.Preparing preparing -> keep(in);
            case SessionState.Learning learning -> keep(in);
            case SessionState.HandingOver over -> keep(in);
            case SessionState.Leaving leaving -> ReferenceCountUtil.release(in);
            case SessionState.Closed closed -> ReferenceCountUtil.release(in);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (state instanceof SessionState.Active active) {
            active.link().flushToServer();
        }
    }

    /** The first bytes after a transaction. */
    private void request(ByteBuf input) {
        ByteBuf in;
        try {
            in = stream.skipWhatNeedsNoServer(input);
            if (in == null) {
                return;
            }
            byte type = in.getByte(in.readerIndex());
            if (type == FrontendType.TERMINATE) {
                in.release();
                terminated();
                return;
            }
        } catch (ProtocolViolation violation) {
            violated(violation);
            return;
        }
        pending = in;
        checkout();
    }

    private void keep(ByteBuf in) {
        ByteBuf before = pending;
        if (before == null) {
            pending = in;
            return;
        }
        ByteBuf joined = in.alloc().buffer(before.readableBytes() + in.readableBytes());
        joined.writeBytes(before).writeBytes(in);
        before.release();
        in.release();
        pending = joined;
        if (joined.readableBytes() > MOST_PENDING) {
            setReading(false);
        }
    }

    private void checkout() {
        if (pool.removed()) {
            close(new Refusal.RouteRemoved(pool.route()));
            return;
        }
        ServerPool<LentServer> servers = pool.servers();
        LentServer server = servers.tryCheckout();
        if (server != null) {
            served(server);
            return;
        }
        SessionState.Waiting waiting = new SessionState.Waiting();
        state = waiting;
        Ticket<LentServer> ticket = servers.enqueue(this, pool.queryWaitTimeout(origin.user()));
        if (state == waiting) {
            waiting.ticket = ticket;
        }
    }

    // ---- from the pool

    @Override
    public void served(LentServer server) {
        keepsServer = pool.isSessionMode();
        Link link = new Link(
                this, stream, server, server.parts(), linkMode(pool.servers().settings()));
        server.link(link);
        if (server.seat().doubtful()) {
            first = new FirstRequest(statements, settings, channel().alloc());
        }
        if (settings == server.settings() && !server.areSettingsUnknown()) {
            activate(server, link);
            return;
        }
        state = new SessionState.Preparing(server, link, true);
        if (link.applySettings(error -> prepared(server, link, error))) {
            activate(server, link);
        }
    }

    private LinkMode linkMode(PoolSettings pooling) {
        // Names that the gateway knows alone must be translated on, though a reload has changed the pool mode.
        boolean sharing = pooling.sharesStatements() || statements.any();
        if (keepsServer) {
            return sharing ? LinkMode.TRANSLATING : LinkMode.PLAIN;
        }
        return LinkMode.shared(sharing, !pooling.pinOnSessionState());
    }

    private void prepared(LentServer server, Link link, Optional<ErrorResponse> error) {
        if (link.isInDoubt()) {
            server.close(link.doubt()); // and the next one is taken, if the client has sent this one nothing
            return;
        }
        if (error.isEmpty()) {
            activate(server, link);
            return;
        }
        if (first != null && ++serversLost <= MOST_SERVERS_LOST) { // perhaps it was the role's end that failed
            endFirst();
            state = SessionState.IDLE;
            server.discard(CloseReason.SETTINGS_FAILED);
            checkout();
            return;
        }
        server.discard(CloseReason.SETTINGS_FAILED);
        close(
                new Refusal.InvalidStartupParameter(error.get().message()),
                ErrorResponse.fatal(
                        error.get().sqlState().orElse("XX000"), error.get().message()));
    }

    private void activate(LentServer server, Link link) {
        state = new SessionState.Active(server, link);
        serversLost = first == null ? 0 : serversLost;
        ByteBuf input = pending;
        pending = null;
        if (input != null) {
            if (first != null) {
                sendsFirst(first, input);
            }
            link.fromClient(input);
            link.flushToServer();
        }
        if (state instanceof SessionState.Active) {
            // Both may have been full before they were joined: then no change of writability announces it.
            setReading(server.isWritable() && !link.holdsClientBack());
            server.setReading(channel().isWritable());
        }
    }

    @Override
    public void refused(CheckoutFailure failure) {
        if (failure instanceof CheckoutFailure.PoolClosed && !pool.servers().closed()) {
            checkout(); // a reload has put another pool in its place
            return;
        }
        close(Refusals.of(failure, pool.route()));
    }

    @Override
    public void waitsLong() {
        ByteBuf out = channel().alloc().buffer();
        NoticeResponse.notice(
                        SqlStates.SUCCESSFUL_COMPLETION,
                        "query_wait_notify: all server connections are in use, waiting for one")
                .encode(out);
        channel().writeAndFlush(out, channel().voidPromise());
    }

    // ---- a request on a server whose role is in doubt

    private void sendsFirst(FirstRequest request, ByteBuf in) {
        if (!request.sends(in)) {
            endFirst();
            channel().flush();
        }
    }

    private void endFirst() {
        FirstRequest request = first;
        first = null;
        ByteBuf kept = request == null ? null : request.end();
        if (kept != null) {
            channel().write(kept, channel().voidPromise());
        }
    }

    private boolean keeps(FirstRequest request, ByteBuf messages) {
        if (request.keeps(messages)) {
            messages.release();
            return true;
        }
        endFirst();
        return false;
    }

    @Override
    public void roleGone() {
        if (first != null && state instanceof SessionState.Active && ++serversLost <= MOST_SERVERS_LOST) {
            repeats = true; // when the connection has ended
        } else {
            credentialEnded();
        }
    }

    private void repeat(FirstRequest request) {
        first = null;
        repeats = false;
        settings = request.settings();
        stream.startOver();
        pending = request.takeBack(statements);
        state = SessionState.IDLE;
        setReading(true);
        checkout();
    }

    // ---- from the link

    @Override
    public void write(ByteBuf messages) {
        if (first == null || !keeps(first, messages)) {
            channel().write(messages, channel().voidPromise());
        }
    }

    @Override
    public void flush() {
        if (first == null) {
            channel().flush();
        }
    }

    @Override
    public ClientStatements statements() {
        return statements;
    }

    @Override
    public SessionSettings settings() {
        return settings;
    }

    @Override
    public void settings(SessionSettings changed) {
        settings = pool.welcomes().canonical(changed);
    }

    @Override
    public SessionSettings startupSettings() {
        return startupSettings;
    }

    @Override
    public void settingsLost(ErrorResponse error) {
        close(new Refusal.StartupSettingsLost(pool.route(), error.message()));
    }

    @Override
    public void ready(Link link) {
        idleSince = System.nanoTime();
        if (rotationToTell) {
            credentialRotated();
        }
        if (keepsServer && !draining && !pool.removed()) {
            return;
        }
        switch (state) {
            case SessionState.Active active -> {
                flush(); // before the server goes to somebody else
                channels.unlisten(link);
                if (state == active) { // or the client was found gone, and has given it back
                    leaveServer(active.server(), link, active);
                }
            }
            case SessionState.Learning learning -> learned(learning.server(), link);
            case SessionState.HandingOver over -> channels.serverReady();
            case SessionState.Leaving leaving -> {
                state = SessionState.CLOSED;
                leaving.server().giveBack();
            }
            default -> {}
        }
    }

    private void leaveServer(LentServer server, Link link, SessionState active) {
        if (link.isInDoubt()) {
            part(server, doubtful -> doubtful.discard(link.doubt()));
        } else if (!link.inquiry().begins()) {
            part(server, LentServer::giveBack);
        } else if (state == active) { // or the server was found gone
            learn(server, link);
            server.setReading(true); // nothing that it says now is for a client who may be full
        }
    }

    @Override
    public boolean keepsServer() {
        return keepsServer || isPinned();
    }

    /** The client has its answer; its server is asked first, until it is ready again. */
    private void learn(LentServer server, Link link) {
        state = new SessionState.Learning(server, link);
        startLearningTimer(state, server);
    }

    private void startLearningTimer(SessionState learning, LentServer server) {
        long patience = pool.servers().settings().serverConnectTimeout().toMillis();
        learningTimer =
                pool.loop().schedule(() -> learnsNothing(learning, server, patience), patience, TimeUnit.MILLISECONDS);
    }

    private void learnsNothing(SessionState learning, LentServer server, long patience) {
        if (state == learning) {
            state = SessionState.IDLE;
            server.discard(CloseReason.CHECK_FAILED);
            close(new Refusal.SessionStateUnknown(pool.route(), "no answer within " + patience + " ms"));
        }
    }

    private void learned(LentServer server, Link link) {
        stopLearningTimer();
        Set<Remains> remains = link.inquiry().remains();
        boolean pins = pool.servers().settings().pinOnSessionState();
        if (link.inquiry().failed()) {
            giveBackAndClose(server, new Refusal.SessionStateUnknown(pool.route(), "its query failed"));
        } else if (remains.isEmpty()) {
            pinnedBy = Set.of();
            part(server, LentServer::giveBack);
        } else if (!pins && channelsAlone(remains, server, link)) {
            handOver(server, link);
        } else if (!pins) {
            giveBackAndClose(server, new Refusal.SessionStateLeft(texts(remains)));
        } else {
            pinnedBy = remains;
            stay(server, link);
        }
    }

    private boolean channelsAlone(Set<Remains> remains, LentServer server, Link link) {
        return remains.equals(Set.of(Remains.CHANNEL))
                && channels.canListen(encoding(), server, link.inquiry().channels());
    }

    private @Nullable String encoding() {
        return settings.get("client_encoding");
    }

    @Override
    public boolean canListen() {
        LentServer server = server();
        return server != null && channels.canListen(encoding(), server);
    }

    /** The pool's listener hears the channels from now on; the server goes when it has said what it heard before. */
    private void handOver(LentServer server, Link link) {
        state = new SessionState.HandingOver(server, link);
        startLearningTimer(state, server);
        channels.handOver(link, link.inquiry().channels());
    }

    @Override
    public void handedOver() {
        if (state instanceof SessionState.HandingOver over) {
            flush();
            if (state == over) {
                stopLearningTimer();
                part(over.server(), LentServer::giveBack);
            }
        }
    }

    @Override
    public void handOverFailed(Refusal refusal) {
        if (state instanceof SessionState.HandingOver over) {
            giveBackAndClose(over.server(), refusal);
        }
    }

    @Override
    public boolean takesNotification(ByteBuf message) {
        return channels.takesFromServer(message);
    }

    private void giveBackAndClose(LentServer server, Refusal refusal) {
        state = SessionState.IDLE;
        server.giveBack();
        close(refusal);
    }

    /** Pinned: the client keeps its server, as in session mode. */
    private void stay(LentServer server, Link link) {
        if (draining || pool.removed()) {
            giveBackAndClose(server, draining ? new Refusal.ShuttingDown() : new Refusal.RouteRemoved(pool.route()));
            return;
        }
        state = new SessionState.Preparing(server, link, false);
        if (link.applySettings(error -> prepared(server, link, error))) {
            activate(server, link);
        }
    }

    private void stopLearningTimer() {
        if (learningTimer != null) {
            learningTimer.cancel(false);
            learningTimer = null;
        }
    }

    private static String texts(Set<Remains> remains) {
        return remains.stream().map(Remains::text).collect(Collectors.joining(", "));
    }

    /** The transaction is over: the server goes, and what the client sent meanwhile is its next request. */
    private void part(LentServer server, Consumer<LentServer> away) {
        state = SessionState.IDLE;
        setReading(true);
        away.accept(server);
        channels.pass();
        if (channels.lost().isPresent()) {
            close(channels.lost().get());
        } else if (draining) {
            close(new Refusal.ShuttingDown());
        } else if (pool.removed()) {
            close(new Refusal.RouteRemoved(pool.route()));
        } else if (pending != null) {
            ByteBuf in = pending;
            pending = null;
            request(in);
        }
    }

    @Override
    public void serverLost(boolean told) {
        if (isOver()) {
            state = SessionState.CLOSED;
        } else if (repeats && first != null) {
            repeat(first);
        } else if (state instanceof SessionState.Preparing preparing
                && preparing.untouched()
                && ++serversLost <= MOST_SERVERS_LOST) {
            state = SessionState.IDLE;
            checkout(); // no byte of the client's had reached that server: it need not know
        } else if (told) {
            state = SessionState.CLOSED;
            finish();
            LastWords.say(channel(), Unpooled.EMPTY_BUFFER);
        } else {
            close(new Refusal.ServerLost(pool.route(), "", "the server connection was closed"));
        }
    }

    /** Nothing of it ends before the old credential's own end, so a client that reads notices can leave in time. */
    @Override
    public void credentialRotated() {
        if (state instanceof SessionState.Active active && active.link().betweenMessages()) {
            rotationToTell = false;
            ByteBuf out = channel().alloc().buffer();
            NoticeResponse.notice(
                            SqlStates.SUCCESSFUL_COMPLETION,
                            "the credential of this session's database server connection has been rotated")
                    .withHint("Reconnect when convenient: the session ends with the old credential.")
                    .encode(out);
            channel().writeAndFlush(out);
        } else {
            rotationToTell = true;
        }
    }

    @Override
    public void credentialEnded() {
        close(new Refusal.CredentialEnded(pool.route()));
    }

    @Override
    public void setReading(boolean reading) {
        wantsReading = reading;
        boolean now = reading && !suspended;
        if (channel().config().isAutoRead() != now) {
            channel().config().setAutoRead(now);
        }
    }

    /** As long as it lasts nothing is read. */
    void suspend(boolean on) {
        suspended = on;
        setReading(wantsReading);
    }

    boolean isFlushed() {
        return channel().bytesBeforeUnwritable() >= channel().config().getWriteBufferHighWaterMark();
    }

    @Override
    public void terminated() {
        end(CloseReason.CLIENT_GONE);
        channel().close();
    }

    @Override
    public void violated(ProtocolViolation violation) {
        close(violation.refusal());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (state instanceof SessionState.Active active) {
            active.server().setReading(ctx.channel().isWritable());
        } else {
            channels.pass();
        }
    }

    // ---- the end

    /** Tells the client why, and closes. A server that it still has is closed as well, unless it is clean. */
    @Override
    public void close(Refusal refusal) {
        close(refusal, ErrorResponses.of(refusal));
    }

    private void close(Refusal refusal, ErrorResponse answer) {
        if (isOver()) {
            return;
        }
        listener.counts().refused(refusal);
        log.atInfo()
                .addKeyValue(LogKeys.CLIENT, ClientText.of(channel()))
                .addKeyValue(LogKeys.ROUTE, pool.route())
                .addKeyValue(LogKeys.REASON, refusal.reason())
                .log("client_closed");
        end(reasonFor(refusal));
        ByteBuf out = channel().alloc().buffer();
        answer.encode(out);
        LastWords.say(channel(), out);
    }

    private static CloseReason reasonFor(Refusal refusal) {
        return switch (refusal) {
            case Refusal.ShuttingDown ignored -> CloseReason.SHUTDOWN;
            case Refusal.CredentialEnded ignored -> CloseReason.CREDENTIAL_ROTATED;
            case Refusal.ServerReplaced ignored -> CloseReason.RECONNECT;
            case Refusal.QueryTimeout ignored -> CloseReason.TIMEOUT;
            case Refusal.TransactionTimeout ignored -> CloseReason.TIMEOUT;
            case Refusal.IdleTransactionTimeout ignored -> CloseReason.TIMEOUT;
            default -> CloseReason.CLIENT_GONE;
        };
    }

    /** Gives everything back. Idempotent. */
    private void end(CloseReason reason) {
        if (isOver()) {
            return;
        }
        SessionState was = state;
        state = SessionState.CLOSED;
        switch (was) {
            case SessionState.Waiting waiting -> {
                if (waiting.ticket != null) {
                    waiting.ticket.giveUp();
                }
            }
            case SessionState.Preparing preparing -> preparing.server().discard(reason);
            case SessionState.Learning learning -> leave(learning.server());
            case SessionState.HandingOver over -> over.server().discard(reason);
            case SessionState.Active active -> {
                // PostgreSQL rolls back what a vanished client left open: so does closing the connection. No Sync, no
                // CopyDone is made up, which might commit.
                if (active.link().isClean()) {
                    active.server().giveBack();
                } else {
                    active.server().discard(reason);
                }
            }
            case SessionState.Idle idle -> {}
            case SessionState.Leaving leaving -> {}
            case SessionState.Closed closed -> {}
        }
        finish();
    }

    @Override
    public boolean isIdle() {
        return state == SessionState.IDLE;
    }

    @Override
    public boolean isOver() {
        return state == SessionState.CLOSED || state instanceof SessionState.Leaving;
    }

    /** A client that SET something and goes at once does not cost its server. */
    private void leave(LentServer server) {
        SessionState leaving = new SessionState.Leaving(server);
        state = leaving;
        long patience = pool.servers().settings().serverConnectTimeout().toMillis();
        pool.loop()
                .schedule(
                        () -> {
                            if (state == leaving) {
                                state = SessionState.CLOSED;
                                server.discard(CloseReason.CHECK_FAILED);
                            }
                        },
                        patience,
                        TimeUnit.MILLISECONDS);
    }

    private void finish() {
        if (pending != null) {
            pending.release();
            pending = null;
        }
        endFirst();
        pinnedBy = Set.of();
        stopLearningTimer();
        channels.end();
        stream.release();
        statements.clear();
        pool.remove(this);
        listener.cancelKeys().forget(cancelProcessId);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end(CloseReason.CLIENT_GONE);
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof java.io.IOException)) {
            log.atError()
                    .addKeyValue(LogKeys.CLIENT, ClientText.of(ctx.channel()))
                    .addKeyValue(LogKeys.ROUTE, pool.route())
                    .setCause(cause)
                    .log("session_error");
        }
        end(CloseReason.CLIENT_GONE);
        ctx.close();
    }

    // ---- from outside

    /**
     * A cancel request with this session's key came over that connection, on whatever loop: it is closed when the request
     * has been passed on.
     */
    @Override
    public void cancel(Channel requester) {
        pool.loop().execute(() -> {
            switch (state) {
                case SessionState.Active active
                when active.link().worksForClient() -> {
                    // Its end tells the client that no later query can be hit: so it comes when the server's has come.
                    active.server().cancel(requester::close);
                    return;
                }
                case SessionState.Waiting waiting -> cancelWaiting(waiting);
                case SessionState.Preparing preparing -> {
                    if (pending != null && isOneRequest(pending)) {
                        answerCanceled();
                    }
                }
                default -> {} // as in PostgreSQL: there is nothing to cancel
            }
            requester.close();
        });
    }

    /** The request has not reached a server: it is answered here, if all of it has come. */
    private void cancelWaiting(SessionState.Waiting waiting) {
        ByteBuf in = pending;
        if (in == null || !isOneRequest(in)) {
            return;
        }
        if (waiting.ticket != null) {
            waiting.ticket.giveUp();
        }
        state = SessionState.IDLE;
        answerCanceled();
    }

    private void answerCanceled() {
        ReferenceCountUtil.release(pending);
        pending = null;
        ByteBuf out = channel().alloc().buffer();
        ErrorResponses.of(new Refusal.QueryCanceled()).encode(out);
        MessageWriter.writeReadyForQuery(out, (byte) 'I');
        channel().writeAndFlush(out);
        setReading(true);
    }

    /** One Query or FunctionCall, or a pipeline up to its one Sync. */
    static boolean isOneRequest(ByteBuf in) {
        int at = in.readerIndex();
        int end = in.writerIndex();
        while (end - at >= MessageHeader.HEADER_LENGTH) {
            byte type = in.getByte(at);
            int length = in.getInt(at + 1); // as the client wrote it: nobody has looked at it yet
            if (length < MessageHeader.MIN_LENGTH || length > end - at - 1) {
                return false;
            }
            at += 1 + length;
            boolean last =
                    type == FrontendType.QUERY || type == FrontendType.FUNCTION_CALL || type == FrontendType.SYNC;
            if (last) {
                return at == end;
            }
        }
        return false;
    }

    void drain() {
        draining = true;
        switch (state) {
            case SessionState.Idle idle -> close(new Refusal.ShuttingDown());
            case SessionState.Active active when active.link().isClean() -> close(new Refusal.ShuttingDown());
            default -> {} // after the transaction, see ready()
        }
    }

    void terminate() {
        close(new Refusal.ShuttingDown());
    }

    long id() {
        return id;
    }

    /** An operator's KILL or KILL_CLIENT. */
    void kill() {
        close(new Refusal.Killed());
    }

    ClientFacts facts() {
        long now = System.nanoTime();
        Instant at = Instant.now();
        Ticket<LentServer> ticket = state instanceof SessionState.Waiting waiting ? waiting.ticket : null;
        LentServer server = server();
        Duration waited = ticket == null ? Duration.ZERO : Duration.ofNanos(now - ticket.since());
        Instant requested = switch (state) {
            case SessionState.Waiting ignored -> at.minus(waited);
            case SessionState.Active active -> at.minusNanos(now - active.link().requestSince());
            default -> at.minusNanos(now - idleSince);
        };
        return new ClientFacts(
                id,
                origin.user(),
                origin.database(),
                state instanceof SessionState.Waiting ? "waiting" : server == null ? "idle" : "active",
                Optional.ofNullable(channel().remoteAddress()),
                Optional.ofNullable(channel().localAddress()),
                origin.acceptedAt(),
                requested,
                waited,
                server == null
                        ? OptionalLong.empty()
                        : OptionalLong.of(server.facts().id()),
                TlsFacts.describe(channel().pipeline()),
                Optional.ofNullable(settings.get(Welcome.APPLICATION_NAME)).orElse(""),
                statements.size(),
                texts(pinnedBy),
                channels.size(),
                ClientFacts.NO_REPLICATION);
    }

    boolean isPinned() {
        return !pinnedBy.isEmpty();
    }

    private @Nullable LentServer server() {
        return switch (state) {
            case SessionState.Active(var server, var link) -> server;
            case SessionState.Preparing(var server, var link, var untouched) -> server;
            case SessionState.Learning(var server, var link) -> server;
            case SessionState.HandingOver(var server, var link) -> server;
            default -> null;
        };
    }

    void routeRemoved() {
        switch (state) {
            case SessionState.Idle idle -> close(new Refusal.RouteRemoved(pool.route()));
            case SessionState.Active active
            when active.link().isClean() -> close(new Refusal.RouteRemoved(pool.route()));
            default -> {}
        }
    }

    /** serverFastClose: the server is to be replaced, and no transaction is open on it. */
    void closeIfServerEnds() {
        if (state instanceof SessionState.Active active
                && active.server().closesSoon()
                && active.link().isClean()) {
            close(new Refusal.ServerReplaced(pool.route()));
        }
    }

    void checkTimeouts(long now) {
        SessionTimeouts limits = pool.timeouts(origin.user());
        switch (state) {
            case SessionState.Idle idle -> checkIdle(limits, now);
            case SessionState.Active active when active.link().isClean() -> checkIdle(limits, now);
            case SessionState.Active active -> checkActive(active.link(), limits, now);
            default -> {}
        }
    }

    private void checkIdle(SessionTimeouts limits, long now) {
        if (SessionTimeouts.passed(limits.clientIdleTimeout(), idleSince, now)) {
            close(new Refusal.ClientIdleTimeout(limits.clientIdleTimeout()));
        }
    }

    private void checkActive(Link link, SessionTimeouts limits, long now) {
        if (link.isBusy() && SessionTimeouts.passed(limits.queryTimeout(), link.requestSince(), now)) {
            close(new Refusal.QueryTimeout(limits.queryTimeout()));
        } else if (link.isIdleInTransaction()
                && SessionTimeouts.passed(limits.idleTransactionTimeout(), link.requestSince(), now)) {
            close(new Refusal.IdleTransactionTimeout(limits.idleTransactionTimeout()));
        } else if (SessionTimeouts.passed(limits.transactionTimeout(), link.transactionSince(), now)) {
            close(new Refusal.TransactionTimeout(limits.transactionTimeout()));
        }
    }
}
