package dev.postern.gateway.frontend;

import dev.postern.auth.client.Identity;
import dev.postern.gateway.pool.CheckoutFailure;
import dev.postern.gateway.pool.ClientFacts;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.ConnectionIds;
import dev.postern.gateway.pool.DedicatedWaiter;
import dev.postern.gateway.pool.ServerFailure;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.pool.Ticket;
import dev.postern.gateway.protocol.AuthenticationOk;
import dev.postern.gateway.protocol.BackendKeyData;
import dev.postern.gateway.protocol.ErrorResponses;
import dev.postern.gateway.protocol.LogKeys;
import dev.postern.gateway.protocol.MessageWriter;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.gateway.protocol.ReplicationMode;
import dev.postern.gateway.protocol.StartupMessage;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.Tunnel;
import dev.postern.tls.TlsFacts;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client that is authenticated and asked for replication. A server connection is opened for it with its own startup
 * parameters, in the role of its route; then the two talk undisturbed until one of them goes. The server connection is
 * never lent to anybody else.
 */
final class ReplicationHandler extends ChannelInboundHandlerAdapter
        implements DedicatedWaiter<LentServer>, Tunnel.Client, Cancelable {
    private static final Logger log = LoggerFactory.getLogger(ReplicationHandler.class);

    private final long id = ConnectionIds.next();
    private final Login login;
    private final StartupMessage startup;
    private final Map<String, String> settings;
    private final ServedRoute route;
    private final Identity identity;
    private final SessionPool pool;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Ticket<LentServer> ticket;
    private @Nullable LentServer server;
    private @Nullable Tunnel tunnel;
    private @Nullable ByteBuf early;
    private int cancelProcessId;
    private boolean wantsReading = true;
    private boolean suspended;
    private boolean over;

    /** @param settings what the startup packet and its options set */
    ReplicationHandler(
            Login login, StartupMessage startup, Map<String, String> settings, ServedRoute route, Identity identity) {
        this.login = login;
        this.startup = startup;
        this.settings = settings;
        this.route = route;
        this.identity = identity;
        this.pool = route.pool(identity);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        login.step("waiting for a replication connection");
        pool.entered();
        pool.add(this);
        ctx.channel().closeFuture().addListener(closed -> {
            pool.remove(this);
            pool.left();
        });
        ctx.write(login.encoded(new AuthenticationOk()));
        ClientCounts counts = login.listener().counts();
        Optional<Refusal> tooMany = counts.login(route.name(), startup.database(), identity.user());
        if (tooMany.isPresent()) {
            refuse(tooMany.get());
            return;
        }
        login.authenticated();
        ctx.channel()
                .closeFuture()
                .addListener(closed -> counts.logout(route.name(), startup.database(), identity.user()));
        if (pool.draining()) {
            refuse(new Refusal.ShuttingDown());
            return;
        }
        enqueue();
    }

    private void enqueue() {
        ServerPool<LentServer> servers = pool.servers();
        ticket = servers.enqueue(this, pool.queryWaitTimeout(startup.user()));
    }

    private Channel channel() {
        if (context == null) {
            throw new IllegalStateException("not added yet");
        }
        return context.channel();
    }

    // ---- from the pool

    @Override
    public Map<String, String> startup() {
        Map<String, String> parameters = new LinkedHashMap<>(settings);
        parameters.put("replication", startup.replication() == ReplicationMode.DATABASE ? "database" : "true");
        return parameters;
    }

    @Override
    public void served(LentServer opened) {
        if (over || login.isOver()) {
            opened.discard(CloseReason.CLIENT_GONE);
            return;
        }
        server = opened;
        Tunnel joined = new Tunnel(opened, this, kind());
        tunnel = joined;
        opened.tunnel(joined);
        BackendKeyData key = login.listener().cancelKeys().register(this, startup.version());
        cancelProcessId = key.processId();
        ByteBuf out = channel().alloc().buffer();
        opened.parameters().forEach((name, value) -> MessageWriter.writeParameterStatus(out, name, value));
        key.encode(out);
        MessageWriter.writeReadyForQuery(out, (byte) 'I');
        channel().writeAndFlush(out);
        login.succeeded(identity);
        ByteBuf input = early;
        early = null;
        if (input != null) {
            joined.fromClient(input);
            joined.flushToServer();
        }
        setReading(opened.isWritable());
        opened.setReading(channel().isWritable());
    }

    private String kind() {
        return startup.replication() == ReplicationMode.DATABASE ? "logical" : "physical";
    }

    @Override
    public void notOpened(ServerFailure failure) {
        refuse(Refusals.ofReplication(failure, pool.route()));
    }

    @Override
    public void refused(CheckoutFailure failure) {
        if (failure instanceof CheckoutFailure.PoolClosed && !pool.servers().closed()) {
            enqueue(); // a reload has put another pool in its place
            return;
        }
        refuse(Refusals.of(failure, pool.route()));
    }

    private void refuse(Refusal refusal) {
        if (!over) {
            over = true;
            login.refuse(refusal);
        }
    }

    // ---- both ways

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        Tunnel open = tunnel;
        if (over) {
            ReferenceCountUtil.release(in);
        } else if (open != null) {
            open.fromClient(in);
        } else {
            keep(ctx, in);
        }
    }

    private void keep(ChannelHandlerContext ctx, ByteBuf in) {
        ByteBuf before = early;
        early = before == null
                ? in
                : ctx.alloc()
                        .buffer(before.readableBytes() + in.readableBytes())
                        .writeBytes(before)
                        .writeBytes(in);
        if (before != null) {
            before.release();
            in.release();
        }
        setReading(false); // whoever speaks before it is asked waits
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (tunnel != null && !over) {
            tunnel.flushToServer();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (server != null && !over) {
            server.setReading(ctx.channel().isWritable());
        }
    }

    @Override
    public void write(ByteBuf bytes) {
        channel().write(bytes, channel().voidPromise());
    }

    @Override
    public void flush() {
        channel().flush();
    }

    @Override
    public void setReading(boolean reading) {
        wantsReading = reading;
        channel().config().setAutoRead(reading && !suspended);
    }

    // ---- the end

    /** The server's last words, if it had any, are on their way. */
    @Override
    public void serverGone() {
        if (!over) {
            end();
            LastWords.say(channel(), channel().alloc().buffer(0));
        }
    }

    @Override
    public void credentialEnded() {
        close(new Refusal.CredentialEnded(pool.route()), CloseReason.CREDENTIAL_ROTATED);
    }

    /** Tells the client why where a message of ours can be put into its stream, and closes both connections. */
    private void close(Refusal refusal, CloseReason reason) {
        if (over) {
            return;
        }
        Tunnel open = tunnel;
        if (open == null) {
            giveUp();
            refuse(refusal);
            return;
        }
        login.listener().counts().refused(refusal);
        log.atInfo()
                .addKeyValue(LogKeys.CLIENT, ClientText.of(channel()))
                .addKeyValue(LogKeys.ROUTE, pool.route())
                .addKeyValue(LogKeys.REASON, refusal.reason())
                .log("client_closed");
        boolean canBeTold = open.betweenMessages();
        end();
        discard(reason);
        ByteBuf out = channel().alloc().buffer();
        if (canBeTold) {
            ErrorResponses.of(refusal).encode(out);
        }
        LastWords.say(channel(), out);
    }

    private void end() {
        over = true;
        login.listener().cancelKeys().forget(cancelProcessId);
    }

    private void giveUp() {
        if (ticket != null) {
            ticket.giveUp();
        }
    }

    private void discard(CloseReason reason) {
        LentServer open = server;
        server = null;
        if (open != null) {
            open.discard(reason);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (!over) {
            giveUp();
            end();
            discard(CloseReason.CLIENT_GONE);
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (early != null) {
            early.release();
            early = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (tunnel == null) {
            login.failed(cause);
        } else {
            ctx.close(); // the rest is done when it is inactive
        }
    }

    // ---- from outside

    @Override
    public void cancel(Channel requester) {
        pool.loop().execute(() -> {
            if (server != null && !over) {
                server.cancel(requester::close);
            } else {
                requester.close();
            }
        });
    }

    /** A drain: replication has no end of its own to wait for, and goes on elsewhere from where it was. */
    void shutDown() {
        close(new Refusal.ShuttingDown(), CloseReason.SHUTDOWN);
    }

    void routeRemoved() {
        close(new Refusal.RouteRemoved(pool.route()), CloseReason.SHUTDOWN);
    }

    void kill() {
        close(new Refusal.Killed(), CloseReason.CLIENT_GONE);
    }

    void suspend(boolean on) {
        suspended = on;
        setReading(wantsReading);
    }

    boolean isFlushed() {
        return channel().bytesBeforeUnwritable() >= channel().config().getWriteBufferHighWaterMark();
    }

    long id() {
        return id;
    }

    ClientFacts facts() {
        LentServer open = server;
        Instant connected = login.acceptedAt();
        Duration waited = open == null ? Duration.between(connected, Instant.now()) : Duration.ZERO;
        return new ClientFacts(
                id,
                startup.user(),
                startup.database(),
                open == null ? "waiting" : "active",
                Optional.ofNullable(channel().remoteAddress()),
                Optional.ofNullable(channel().localAddress()),
                connected,
                connected,
                waited,
                open == null
                        ? OptionalLong.empty()
                        : OptionalLong.of(open.facts().id()),
                TlsFacts.describe(channel().pipeline()),
                settings.getOrDefault(Welcome.APPLICATION_NAME, ""),
                0,
                "",
                0,
                kind());
    }
}
