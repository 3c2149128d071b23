package dev.postern.gateway.backend;

import dev.postern.auth.Secret;
import dev.postern.auth.server.ServerAuthentication;
import dev.postern.auth.server.ServerStep;
import dev.postern.gateway.pool.ServerFailure;
import dev.postern.gateway.protocol.Authentication;
import dev.postern.gateway.protocol.AuthenticationCleartextPassword;
import dev.postern.gateway.protocol.AuthenticationMD5Password;
import dev.postern.gateway.protocol.AuthenticationOk;
import dev.postern.gateway.protocol.AuthenticationSASL;
import dev.postern.gateway.protocol.AuthenticationSASLContinue;
import dev.postern.gateway.protocol.AuthenticationSASLFinal;
import dev.postern.gateway.protocol.AuthenticationUnsupported;
import dev.postern.gateway.protocol.BackendKeyData;
import dev.postern.gateway.protocol.BackendMessage;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.FrontendMessage;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.NegotiateProtocolVersion;
import dev.postern.gateway.protocol.NoticeResponse;
import dev.postern.gateway.protocol.ParameterStatus;
import dev.postern.gateway.protocol.PasswordMessage;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.ReadyForQuery;
import dev.postern.gateway.protocol.SASLInitialResponse;
import dev.postern.gateway.protocol.SASLResponse;
import dev.postern.gateway.protocol.SqlStates;
import dev.postern.gateway.protocol.StartupMessage;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** From the startup packet to the first ReadyForQuery on a server connection. */
final class ServerLoginHandler extends ByteToMessageDecoder {
    /** A login's messages are short; a longer one is no PostgreSQL server's. */
    private static final int MOST_LENGTH = MessageHeader.AUTH_MESSAGE_LIMIT;

    private final StartupMessage startup;
    private final ServerAddress address;
    private final ServerAuthentication authentication;
    private final Done done;
    private final Map<String, String> parameters = new LinkedHashMap<>();
    private Optional<BackendKeyData> key = Optional.empty();
    private boolean authenticated;

    /** How the login ends: exactly one of the two, once, unless the channel is closed first. */
    interface Done {
        void loggedIn(ChannelHandlerContext ctx, Map<String, String> parameters, Optional<BackendKeyData> key);

        void failed(OpenFailure failure);
    }

    ServerLoginHandler(StartupMessage startup, ServerAddress address, ServerAuthentication authentication, Done done) {
        this.startup = startup;
        this.address = address;
        this.authentication = authentication;
        this.done = done;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ByteBuf packet = ctx.alloc().buffer();
        startup.encode(packet);
        ctx.writeAndFlush(packet);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        authentication.close();
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        ByteBuf message = MessageHeader.readWhole(in, MOST_LENGTH);
        if (message != null) {
            byte type = message.getByte(message.readerIndex());
            received(ctx, BackendMessage.decode(type, message.skipBytes(MessageHeader.HEADER_LENGTH)));
        }
    }

    private void received(ChannelHandlerContext ctx, BackendMessage message) {
        switch (message) {
            case Authentication request -> act(ctx, answer(request));
            case ParameterStatus status when authenticated -> parameters.put(status.name(), status.value());
            case BackendKeyData data when authenticated -> key = Optional.of(data);
            case NoticeResponse ignored -> {}
            case NegotiateProtocolVersion ignored -> {} // we ask for nothing a 3.0 server lacks
            case ErrorResponse error -> refused(error);
            case ReadyForQuery ignored when authenticated -> done.loggedIn(ctx, parameters, key);
            default ->
                throw new ProtocolViolation("backend message type " + (char) message.type() + " during the login");
        }
    }

    private ServerStep answer(Authentication request) {
        return switch (request) {
            case AuthenticationOk ignored -> authentication.onOk();
            case AuthenticationCleartextPassword ignored -> authentication.onCleartext();
            case AuthenticationMD5Password md5 -> authentication.onMd5(md5.saltBytes());
            case AuthenticationSASL sasl -> authentication.onSasl(sasl.mechanisms());
            case AuthenticationSASLContinue next ->
                authentication.onSaslContinue(next.data().copy());
            case AuthenticationSASLFinal last ->
                authentication.onSaslFinal(last.data().copy());
            case AuthenticationUnsupported other -> authentication.onOther(other.code());
        };
    }

    private void act(ChannelHandlerContext ctx, ServerStep step) {
        switch (step) {
            case ServerStep.SaslInitial(String mechanism, byte[] response) ->
                send(ctx, new SASLInitialResponse(mechanism, Optional.of(Secret.ofBytes(response))));
            case ServerStep.SaslResponse(byte[] data) -> send(ctx, new SASLResponse(Secret.ofBytes(data)));
            case ServerStep.Password(byte[] password) -> send(ctx, new PasswordMessage(Secret.ofBytes(password)));
            case ServerStep.Wait() -> {}
            case ServerStep.LoggedIn() -> authenticated = true;
            case ServerStep.Later(var later) ->
                later.thenAccept(next -> {
                    if (ctx.channel().isActive()) {
                        act(ctx, next);
                    }
                });
            case ServerStep.Failed(var why) ->
                done.failed(OpenFailure.refused(
                        ServerFailure.Kind.LOGIN_FAILED, "login at " + address + ": " + why.detail(), "", ""));
        }
    }

    private static void send(ChannelHandlerContext ctx, FrontendMessage message) {
        ByteBuf out = ctx.alloc().buffer();
        message.encode(out);
        ctx.writeAndFlush(out);
    }

    private void refused(ErrorResponse error) {
        String state = error.sqlState().orElse("");
        ServerFailure.Kind kind = switch (state) {
            case SqlStates.CANNOT_CONNECT_NOW, SqlStates.ADMIN_SHUTDOWN, SqlStates.CRASH_SHUTDOWN ->
                ServerFailure.Kind.STARTING;
            case SqlStates.TOO_MANY_CONNECTIONS -> ServerFailure.Kind.TOO_MANY_CONNECTIONS;
            default -> ServerFailure.Kind.LOGIN_FAILED;
        };
        done.failed(OpenFailure.refused(
                kind,
                "the server at " + address + " refused the login: " + state + " " + error.message(),
                state,
                error.message()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        done.failed(OpenFailure.unreachable("the server at " + address + " closed the connection during the login"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Throwable root = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        done.failed(OpenFailure.unreachable("the login at " + address + " failed: " + root.getMessage()));
    }
}
