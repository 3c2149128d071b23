package dev.postern.gateway.frontend;

import dev.postern.gateway.protocol.CancelRequest;
import dev.postern.gateway.protocol.GSSENCRequest;
import dev.postern.gateway.protocol.ProtocolVersion;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.gateway.protocol.ReplicationMode;
import dev.postern.gateway.protocol.SSLRequest;
import dev.postern.gateway.protocol.StartupMessage;
import dev.postern.gateway.protocol.StartupOptions;
import dev.postern.gateway.protocol.StartupPacket;
import dev.postern.gateway.protocol.StartupPacketDecoder;
import dev.postern.gateway.relay.SessionSettings;
import dev.postern.routing.RouteOption;
import dev.postern.tls.TlsFacts;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The startup packet: a cancel request goes its short way; a session is given its route, and goes on to its loop. */
final class StartupHandler extends ByteToMessageDecoder {
    private static final String ROUTE_OPTION = "postern.route";
    private static final String APPLICATION_NAME = "application_name";
    /** Who looks after a full gateway must still come in. */
    private static final String CONSOLE = "pgbouncer";

    private final Login login;
    private boolean done;

    StartupHandler(Login login) {
        this.login = login;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (login.isOver() || done) {
            Login.checkEarly(in.readableBytes());
            return; // what comes early waits for the next handler
        }
        Optional<StartupPacket> packet = StartupPacketDecoder.decode(in);
        if (packet.isEmpty()) {
            return;
        }
        done = true;
        switch (packet.get()) {
            case StartupMessage startup -> start(ctx, startup);
            case CancelRequest request -> cancel(ctx, request);
            case SSLRequest ignored -> unsupported("1234.5679");
            case GSSENCRequest ignored -> unsupported("1234.5680");
        }
    }

    /** Encryption is not asked for twice: PostgreSQL then takes the request for a protocol it does not know. */
    private void unsupported(String version) {
        login.refuse(new Refusal.FeatureNotSupported("unsupported frontend protocol " + version + ": server supports "
                + ProtocolVersion.V3_0 + " to " + ProtocolVersion.LATEST));
    }

    /** PostgreSQL answers a cancel request with nothing but the end of the connection; so do we, whatever it hits. */
    private void cancel(ChannelHandlerContext ctx, CancelRequest request) {
        login.listener().counts().canceled();
        Optional<Cancelable> session = login.listener().cancelKeys().find(request);
        if (session.isPresent()) {
            session.get().cancel(ctx.channel());
        } else {
            ctx.close();
        }
    }

    private void start(ChannelHandlerContext ctx, StartupMessage startup) {
        login.asked(startup.user(), startup.database());
        RouteOption taken = RouteOption.take(startup.options());
        Map<String, String> settings = new LinkedHashMap<>(StartupOptions.parse(taken.remaining()));
        settings.putAll(startup.settings());
        Optional<String> asParameter = Optional.ofNullable(settings.remove(ROUTE_OPTION));
        Optional<String> routeOption = taken.route().or(() -> asParameter);
        Optional<Refusal> full = login.listener().counts().admits();
        if (full.isPresent() && !startup.database().equals(CONSOLE)) {
            login.refuse(full.get());
            return;
        }
        Optional<TlsFacts> tls = TlsFacts.of(ctx.pipeline());
        tls.ifPresent(login::secured);
        Routes routes = login.listener().routes();
        boolean physical = startup.replication() == ReplicationMode.PHYSICAL;
        switch (routes.decide(startup.database(), tls.flatMap(TlsFacts::serverName), routeOption, physical)) {
            case Routes.Decision.Console(ConsoleDoor door) -> console(ctx, startup, settings, tls, door);
            case Routes.Decision.Unknown() ->
                ctx.pipeline()
                        .replace(
                                this,
                                "login",
                                AuthenticationHandler.ofNobody(
                                        login,
                                        startup,
                                        tls,
                                        new Refusal.UnknownDatabase(startup.user(), startup.database()),
                                        ""));
            case Routes.Decision.Contradicted(ServedRoute route, Refusal refusal) ->
                served(ctx, startup, settings, tls, route, Optional.of(refusal));
            case Routes.Decision.Served(ServedRoute route) ->
                served(ctx, startup, settings, tls, route, Optional.empty());
        }
    }

    private void console(
            ChannelHandlerContext ctx,
            StartupMessage startup,
            Map<String, String> settings,
            Optional<TlsFacts> tls,
            ConsoleDoor door) {
        if (startup.replication() != ReplicationMode.NONE) {
            login.refuse(new Refusal.FeatureNotSupported("the admin console has nothing to replicate"));
            return;
        }
        Optional<Refusal> refusal = door.refuses(startup.user(), login.channel());
        ctx.pipeline()
                .replace(
                        this,
                        "login",
                        refusal.isPresent()
                                ? AuthenticationHandler.ofNobody(login, startup, tls, refusal.get(), "")
                                : AuthenticationHandler.ofConsole(
                                        login, startup, SessionSettings.of(settings), tls, door));
    }

    private void served(
            ChannelHandlerContext ctx,
            StartupMessage startup,
            Map<String, String> settings,
            Optional<TlsFacts> tls,
            ServedRoute route,
            Optional<Refusal> afterLogin) {
        login.routed(route.name());
        Optional<Refusal> refusal = route.refuses(startup.user(), login.client());
        if (refusal.isPresent()) {
            ctx.pipeline()
                    .replace(
                            this,
                            "login",
                            AuthenticationHandler.ofNobody(login, startup, tls, refusal.get(), route.name()));
            return;
        }
        if (route.addsHost()) {
            settings.merge(APPLICATION_NAME, "app" + host(), (name, none) -> name + host());
        }
        SessionSettings asked = SessionSettings.of(settings);
        // Not from within this read: a channel leaves its loop between two of its events.
        ctx.channel()
                .eventLoop()
                .execute(() -> login.moveTo(
                        route.loop(startup.user()),
                        () -> ctx.pipeline()
                                .replace(
                                        this,
                                        "login",
                                        AuthenticationHandler.of(login, startup, asked, tls, route, afterLogin))));
    }

    /** In PgBouncer's form. */
    private String host() {
        return " - " + (login.client() instanceof InetSocketAddress ? ClientText.of(login.client()) : "unix");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        login.failed(cause);
    }
}
