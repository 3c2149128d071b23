package dev.postern.gateway.frontend;

import dev.postern.auth.Secret;
import dev.postern.auth.client.ClientAddress;
import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.auth.client.Exchange;
import dev.postern.auth.client.Identity;
import dev.postern.auth.client.LoginFacts;
import dev.postern.auth.client.Rejection;
import dev.postern.auth.client.Step;
import dev.postern.auth.password.ScramKeys;
import dev.postern.gateway.protocol.AuthenticationCleartextPassword;
import dev.postern.gateway.protocol.AuthenticationMD5Password;
import dev.postern.gateway.protocol.AuthenticationOk;
import dev.postern.gateway.protocol.AuthenticationSASL;
import dev.postern.gateway.protocol.AuthenticationSASLContinue;
import dev.postern.gateway.protocol.AuthenticationSASLFinal;
import dev.postern.gateway.protocol.ErrorResponses;
import dev.postern.gateway.protocol.FrontendType;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.NegotiateProtocolVersion;
import dev.postern.gateway.protocol.PasswordMessage;
import dev.postern.gateway.protocol.ProtocolVersion;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.gateway.protocol.ReplicationMode;
import dev.postern.gateway.protocol.SASLInitialResponse;
import dev.postern.gateway.protocol.SASLResponse;
import dev.postern.gateway.protocol.StartupMessage;
import dev.postern.gateway.relay.SessionSettings;
import dev.postern.tls.ChannelBinding;
import dev.postern.tls.TlsFacts;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.unix.DomainSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds out who the client is, by the exchange of its route; clients of no route go through one that ends badly. */
final class AuthenticationHandler extends ByteToMessageDecoder {
    private final Login login;
    private final StartupMessage startup;
    private final SessionSettings settings;
    private final Optional<TlsFacts> tls;
    private final Optional<ServedRoute> route;
    private final Optional<ConsoleDoor> console;
    private final ClientAuthenticator authenticator;
    /** What the operator reads when the exchange of nobody ends; the client reads of a wrong password. */
    private final Optional<Refusal> shutOut;
    /** Why a client that has proved itself is refused all the same. */
    private final Optional<Refusal> afterLogin;
    /** Where the client asked to go, if that is anywhere. */
    private final String routeName;

    private @Nullable Exchange exchange;
    private Awaited awaited = Awaited.NOTHING;

    /** What a message of type 'p' would be now. */
    private enum Awaited {
        NOTHING,
        SASL_INITIAL,
        SASL_RESPONSE,
        PASSWORD
    }

    private AuthenticationHandler(
            Login login,
            StartupMessage startup,
            SessionSettings settings,
            Optional<TlsFacts> tls,
            Optional<ServedRoute> route,
            Optional<ConsoleDoor> console,
            ClientAuthenticator authenticator,
            Optional<Refusal> shutOut,
            Optional<Refusal> afterLogin,
            String routeName) {
        this.login = login;
        this.startup = startup;
        this.settings = settings;
        this.tls = tls;
        this.route = route;
        this.console = console;
        this.authenticator = authenticator;
        this.shutOut = shutOut;
        this.afterLogin = afterLogin;
        this.routeName = routeName;
    }

    static AuthenticationHandler of(
            Login login,
            StartupMessage startup,
            SessionSettings settings,
            Optional<TlsFacts> tls,
            ServedRoute route,
            Optional<Refusal> afterLogin) {
        return new AuthenticationHandler(
                login,
                startup,
                settings,
                tls,
                Optional.of(route),
                Optional.empty(),
                route.authenticator(),
                Optional.empty(),
                afterLogin,
                route.name());
    }

    /** For a user of the console. */
    static AuthenticationHandler ofConsole(
            Login login,
            StartupMessage startup,
            SessionSettings settings,
            Optional<TlsFacts> tls,
            ConsoleDoor console) {
        return new AuthenticationHandler(
                login,
                startup,
                settings,
                tls,
                Optional.empty(),
                Optional.of(console),
                console.authenticator(startup.user(), login.channel()),
                Optional.empty(),
                Optional.empty(),
                "");
    }

    /**
     * For a client that will not come in, whatever it knows.
     *
     * @param routeName of the route that shuts it out; empty where there is none
     */
    static AuthenticationHandler ofNobody(
            Login login, StartupMessage startup, Optional<TlsFacts> tls, Refusal shutOut, String routeName) {
        return new AuthenticationHandler(
                login,
                startup,
                SessionSettings.NONE,
                tls,
                Optional.empty(),
                Optional.empty(),
                login.listener().routes().nobody(),
                Optional.of(shutOut),
                Optional.empty(),
                routeName);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        login.step("authentication");
        if (startup.needsNegotiation()) {
            login.send(new NegotiateProtocolVersion(spoken(), startup.unrecognizedProtocolOptions()));
        }
        if (ctx.channel() instanceof DomainSocketChannel) {
            login.listener()
                    .peerUsers()
                    .nameOf(ctx.channel())
                    .thenAcceptAsync(name -> begin(ctx, new ClientAddress.UnixSocket(name)), ctx.executor());
        } else {
            begin(ctx, new ClientAddress.Inet(address()));
        }
    }

    private void begin(ChannelHandlerContext ctx, ClientAddress from) {
        if (ctx.isRemoved() || login.isOver() || !ctx.channel().isActive()) {
            return;
        }
        Exchange begun = authenticator.begin(facts(from), ctx.channel().eventLoop());
        exchange = begun;
        act(ctx, begun.start());
    }

    /** The client's own version, or ours where its is newer: never one above what it asked for. */
    private ProtocolVersion spoken() {
        return startup.version().isNewerThan(ProtocolVersion.LATEST) ? ProtocolVersion.LATEST : startup.version();
    }

    private LoginFacts facts(ClientAddress from) {
        return new LoginFacts(
                routeName,
                startup.user(),
                startup.database(),
                from,
                isOfThisMachine(from),
                tls.isPresent(),
                tls.flatMap(TlsFacts::ownCertificate).flatMap(ChannelBinding::tlsServerEndPoint),
                tls.flatMap(TlsFacts::peerCertificate),
                startup.replication() == ReplicationMode.PHYSICAL);
    }

    private InetAddress address() {
        return login.client() instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress()
                : InetAddress.getLoopbackAddress();
    }

    /** A proxy here may have brought it from elsewhere. */
    private boolean isOfThisMachine(ClientAddress from) {
        return login.listener().loopback()
                && (!(from instanceof ClientAddress.Inet(InetAddress inet)) || inet.isLoopbackAddress());
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        if (exchange != null) {
            exchange.close();
        }
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (login.isOver() || awaited == Awaited.NOTHING) {
            Login.checkEarly(in.readableBytes());
            return; // what comes early waits
        }
        if (in.readableBytes() < MessageHeader.HEADER_LENGTH) {
            return;
        }
        byte type = in.getByte(in.readerIndex());
        int length = in.getInt(in.readerIndex() + 1);
        if (type != FrontendType.PASSWORD_MESSAGE) {
            throw new ProtocolViolation("expected password response, got message type " + Byte.toUnsignedInt(type));
        }
        MessageHeader.checkLength(type, length, MessageHeader.AUTH_MESSAGE_LIMIT);
        if (in.readableBytes() < 1 + length) {
            return;
        }
        ByteBuf body = in.readSlice(1 + length).skipBytes(MessageHeader.HEADER_LENGTH);
        answered(ctx, body);
    }

    private void answered(ChannelHandlerContext ctx, ByteBuf body) {
        Exchange current = exchange;
        if (current == null) {
            return;
        }
        Awaited was = awaited;
        awaited = Awaited.NOTHING;
        Step step = switch (was) {
            case SASL_INITIAL -> {
                SASLInitialResponse response = SASLInitialResponse.decode(body);
                byte[] data = response.initialResponse().map(Secret::copy).orElseGet(() -> new byte[0]);
                yield current.onSaslInitial(response.mechanism(), data);
            }
            case SASL_RESPONSE ->
                current.onSaslResponse(SASLResponse.decode(body).data().copy());
            case PASSWORD ->
                current.onPassword(PasswordMessage.decode(body).password().copy());
            case NOTHING -> throw new IllegalStateException("nothing is awaited");
        };
        act(ctx, step);
    }

    private void act(ChannelHandlerContext ctx, Step step) {
        switch (step) {
            case Step.AskSasl(List<String> mechanisms) -> {
                awaited = Awaited.SASL_INITIAL;
                login.asking(mechanisms.getFirst().toLowerCase(Locale.ROOT));
                login.send(new AuthenticationSASL(mechanisms));
            }
            case Step.SaslContinue(byte[] data) -> {
                awaited = Awaited.SASL_RESPONSE;
                login.send(new AuthenticationSASLContinue(Secret.ofBytes(data)));
            }
            case Step.AskPassword() -> {
                login.asking("password");
                awaited = Awaited.PASSWORD;
                login.send(new AuthenticationCleartextPassword());
            }
            case Step.AskMd5(byte[] salt) -> {
                login.asking("md5");
                awaited = Awaited.PASSWORD;
                login.send(new AuthenticationMD5Password(new java.math.BigInteger(salt).intValue()));
            }
            case Step.Accepted accepted -> accepted(ctx, accepted);
            case Step.Rejected(Rejection.PasswordFailed why)
            when shutOut.isPresent() -> login.refuse(shutOut.get(), ErrorResponses.of(refusal(why)));
            case Step.Rejected(Rejection why) -> login.refuse(refusal(why));
            case Step.Later(var later) ->
                later.thenAccept(next -> {
                    if (ctx.channel().isActive() && !login.isOver()) {
                        act(ctx, next);
                    } else if (next instanceof Step.Accepted late) {
                        late.identity().passThrough().ifPresent(ScramKeys::close);
                    }
                });
        }
    }

    private void accepted(ChannelHandlerContext ctx, Step.Accepted accepted) {
        if (console.isPresent()) {
            enterConsole(ctx, accepted, console.get());
            return;
        }
        if (route.isEmpty()) {
            login.refuse(new Refusal.Internal("a login without a route was accepted"));
            return;
        }
        if (afterLogin.isPresent()) {
            accepted.identity().passThrough().ifPresent(ScramKeys::close);
            login.refuse(afterLogin.get());
            return;
        }
        Identity identity = accepted.identity();
        boolean replicates = startup.replication() != ReplicationMode.NONE;
        Optional<Refusal> refusal = route.get()
                .refuses(identity)
                .or(() -> replicates ? route.get().refusesReplication(identity) : Optional.empty());
        if (refusal.isPresent()) {
            identity.passThrough().ifPresent(ScramKeys::close);
            login.refuse(refusal.get());
            return;
        }
        if (accepted.hasSaslFinal()) {
            ctx.write(login.encoded(new AuthenticationSASLFinal(Secret.ofBytes(accepted.saslFinal()))));
        }
        ctx.pipeline()
                .replace(
                        this,
                        "login",
                        replicates
                                ? new ReplicationHandler(login, startup, settings.values(), route.get(), identity)
                                : new WelcomeHandler(login, startup, settings, route.get(), identity));
    }

    /** No pool and no server: what follows is the console's own. It is not counted by maxClientConn, nor waited for by a drain. */
    private void enterConsole(ChannelHandlerContext ctx, Step.Accepted accepted, ConsoleDoor door) {
        if (accepted.hasSaslFinal()) {
            ctx.write(login.encoded(new AuthenticationSASLFinal(Secret.ofBytes(accepted.saslFinal()))));
        }
        ctx.write(login.encoded(new AuthenticationOk()));
        CancelKeys keys = login.listener().cancelKeys();
        login.succeeded(accepted.identity());
        ctx.pipeline()
                .replace(
                        this,
                        "console",
                        door.session(new ConsoleDoor.Entrant(
                                startup.user(),
                                ctx.channel(),
                                Optional.ofNullable(settings.get(Welcome.APPLICATION_NAME))
                                        .orElse(""),
                                login.acceptedAt(),
                                console -> keys.register(console, startup.version()),
                                keys::forget)));
    }

    private Refusal refusal(Rejection why) {
        String name = route.map(ServedRoute::name).orElse("");
        return switch (why) {
            case Rejection.UnknownDatabase unknown -> new Refusal.UnknownDatabase(startup.user(), unknown.database());
            case Rejection.UnknownUser unknown -> new Refusal.UnknownUser(unknown.user(), name);
            case Rejection.PasswordFailed failed -> new Refusal.BadPassword(startup.user(), name);
            case Rejection.ProtocolError(String detail) -> new Refusal.ProtocolViolated(detail);
            case Rejection.NotAllowed denied -> new Refusal.AccessDenied(startup.user(), name, denied.detail());
            case Rejection.ChannelBindingFailed failed ->
                new Refusal.AccessDenied(startup.user(), name, failed.detail());
            case Rejection.Throttled throttled -> new Refusal.LoginThrottled(startup.user(), name, throttled.detail());
            case Rejection.LookupFailed failed -> new Refusal.CredentialUnavailable(name, failed.detail());
        };
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        login.failed(cause);
    }
}
