package dev.postern.gateway.frontend;

import dev.postern.auth.client.Identity;
import dev.postern.gateway.pool.CheckoutFailure;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.pool.Ticket;
import dev.postern.gateway.pool.Waiter;
import dev.postern.gateway.protocol.AuthenticationOk;
import dev.postern.gateway.protocol.BackendKeyData;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.MessageWriter;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.gateway.protocol.SqlStates;
import dev.postern.gateway.protocol.StartupMessage;
import dev.postern.gateway.relay.ClientStatements;
import dev.postern.gateway.relay.ClientStream;
import dev.postern.gateway.relay.InternalClient;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.Link;
import dev.postern.gateway.relay.LinkMode;
import dev.postern.gateway.relay.SessionSettings;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The client is who it says; it now reads what a server has to say to a session with its settings, and is in. A server is
 * borrowed for that only when nobody with these settings came before, or when the last attempt to open one failed: then
 * the client had better know now.
 */
final class WelcomeHandler extends ChannelInboundHandlerAdapter implements Waiter<LentServer>, InternalClient {
    private final Login login;
    private final StartupMessage startup;
    private final SessionSettings asked;
    private final SessionSettings judged;
    private final ServedRoute route;
    private final Identity identity;
    private final SessionPool pool;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Ticket<LentServer> ticket;
    private @Nullable LentServer borrowed;
    private @Nullable ByteBuf early;

    WelcomeHandler(Login login, StartupMessage startup, SessionSettings asked, ServedRoute route, Identity identity) {
        this.login = login;
        this.startup = startup;
        this.asked = asked;
        this.judged = asked.without(Welcome.APPLICATION_NAME);
        this.route = route;
        this.identity = identity;
        this.pool = route.pool(identity);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        login.step("waiting for a server");
        pool.entered();
        ctx.channel().closeFuture().addListener(closed -> pool.left());
        ctx.write(login.encoded(new AuthenticationOk()));
        ClientCounts counts = login.listener().counts();
        Optional<Refusal> tooMany = counts.login(route.name(), startup.database(), identity.user());
        if (tooMany.isPresent()) {
            login.refuse(tooMany.get());
            return;
        }
        login.authenticated();
        ctx.channel()
                .closeFuture()
                .addListener(closed -> counts.logout(route.name(), startup.database(), identity.user()));
        Welcome known = pool.welcomes().get(judged);
        if (known != null && pool.servers().failure() == null) {
            welcome(known);
            return;
        }
        enqueue();
    }

    private void enqueue() {
        ServerPool<LentServer> servers = pool.servers();
        Duration patience = servers.settings().serverConnectTimeout();
        Ticket<LentServer> waiting = servers.enqueue(this, patience);
        if (borrowed == null && !login.isOver()) {
            ticket = waiting;
        }
    }

    @Override
    public void served(LentServer server) {
        ticket = null;
        borrowed = server;
        Link link = new Link(this, new ClientStream(), server, server.parts(), LinkMode.PLAIN);
        server.link(link);
        if (link.applySettings(error -> applied(server, error))) {
            applied(server, Optional.empty());
        }
    }

    private void applied(LentServer server, Optional<ErrorResponse> error) {
        if (error.isPresent()) {
            borrowed = null;
            server.discard(CloseReason.SETTINGS_FAILED);
            refuse(error.get());
            return;
        }
        Welcome welcome = Welcome.of(server.parameters(), judged);
        server.settings(welcome.settings());
        borrowed = null;
        server.giveBack();
        pool.welcomes().put(judged, welcome);
        welcome(welcome);
    }

    /** The server does not take a setting of the startup packet: PostgreSQL would say so, with FATAL. */
    private void refuse(ErrorResponse error) {
        String state = error.sqlState().orElse(SqlStates.INVALID_PARAMETER_VALUE);
        login.refuse(new Refusal.InvalidStartupParameter(error.message()), ErrorResponse.fatal(state, error.message()));
    }

    @Override
    public void refused(CheckoutFailure failure) {
        ticket = null;
        if (failure instanceof CheckoutFailure.PoolClosed && !pool.servers().closed()) {
            enqueue(); // a reload has put another pool in its place
            return;
        }
        login.refuse(Refusals.of(failure, pool.route()));
    }

    private void welcome(Welcome known) {
        ChannelHandlerContext ctx = context;
        if (ctx == null || login.isOver() || !ctx.channel().isActive()) {
            return;
        }
        String applicationName =
                Optional.ofNullable(asked.get(Welcome.APPLICATION_NAME)).orElse("");
        Welcome mine = known.withApplicationName(applicationName);
        SessionHandler session = new SessionHandler(
                pool,
                pool.welcomes().canonical(mine.settings()),
                login.listener(),
                new ClientStream(route.disablesPqexec()));
        BackendKeyData key = login.listener().cancelKeys().register(session, startup.version());
        session.cancelKey(key.processId());
        session.origin(new SessionOrigin(startup.user(), startup.database(), login.acceptedAt()));
        ByteBuf out = ctx.alloc().buffer();
        Map<String, String> parameters = new HashMap<>(mine.parameters());
        parameters.put(Welcome.APPLICATION_NAME, applicationName);
        parameters.forEach((name, value) -> MessageWriter.writeParameterStatus(out, name, value));
        key.encode(out);
        MessageWriter.writeReadyForQuery(out, (byte) 'I');
        ctx.writeAndFlush(out);
        login.succeeded(identity);
        ByteBuf input = early;
        early = null;
        ctx.pipeline().replace(this, "session", session);
        if (input != null) {
            ctx.fireChannelRead(input); // to the session, and not through TLS again
        }
    }

    // ---- the client while it waits

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (login.isOver()) {
            ReferenceCountUtil.release(message);
            return;
        }
        ByteBuf in = (ByteBuf) message;
        ByteBuf before = early;
        if (before == null) {
            early = in;
        } else {
            early = ctx.alloc()
                    .buffer(before.readableBytes() + in.readableBytes())
                    .writeBytes(before)
                    .writeBytes(in);
            before.release();
            in.release();
        }
        ctx.channel().config().setAutoRead(false); // whoever speaks before it is asked waits
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (ticket != null) {
            ticket.giveUp();
        }
        LentServer server = borrowed;
        if (server != null) {
            borrowed = null;
            server.discard(CloseReason.CLIENT_GONE);
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
        login.failed(cause);
    }

    // ---- InternalClient, for the link that puts the settings on the server: nothing of it is for the client

    @Override
    public void write(ByteBuf messages) {
        messages.release();
    }

    @Override
    public ClientStatements statements() {
        return new ClientStatements(pool.statements());
    }

    @Override
    public SessionSettings settings() {
        return judged;
    }

    @Override
    public void serverLost(boolean told) {
        borrowed = null;
        login.refuse(new Refusal.ServerLost(route.name(), "", "lost while the client's settings were put on it"));
    }

    @Override
    public void credentialEnded() {
        serverLost(false);
    }
}
