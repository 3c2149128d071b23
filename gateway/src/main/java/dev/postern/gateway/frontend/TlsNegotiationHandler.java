package dev.postern.gateway.frontend;

import dev.postern.gateway.frontend.Listener.TlsMode;
import dev.postern.gateway.protocol.CancelRequest;
import dev.postern.gateway.protocol.GSSENCRequest;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.gateway.protocol.SSLRequest;
import dev.postern.gateway.protocol.StartupMessage;
import dev.postern.gateway.protocol.StartupPacket;
import dev.postern.gateway.protocol.StartupPacketDecoder;
import dev.postern.tls.Alpn;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.List;
import java.util.Optional;

/**
 * The packets before TLS: answers SSLRequest and GSSENCRequest, takes TLS from the first byte, and hands everything else to
 * {@link StartupHandler}. Bytes that came together with an SSLRequest were not sent inside TLS, whoever sent them: they end
 * the connection (CVE-2021-23214).
 */
final class TlsNegotiationHandler extends ByteToMessageDecoder {
    /** A TLS record that holds a handshake message. */
    private static final byte TLS_HANDSHAKE = 0x16;

    private final Login login;
    private boolean tlsAnswered;
    private boolean gssAnswered;

    TlsNegotiationHandler(Login login) {
        this.login = login;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (login.isOver()) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (in.getByte(in.readerIndex()) == TLS_HANDSHAKE && !tlsAnswered && !gssAnswered) {
            directTls(ctx);
            return;
        }
        int start = in.readerIndex();
        Optional<StartupPacket> packet = StartupPacketDecoder.decode(in);
        if (packet.isEmpty()) {
            return;
        }
        switch (packet.get()) {
            case SSLRequest ignored -> sslRequest(ctx, in);
            case GSSENCRequest ignored -> gssencRequest(ctx, in);
            case StartupMessage ignored
            when login.listener().tlsMode() == TlsMode.REQUIRE ->
                login.refuse(new Refusal.TlsRequired(login.listener().name()));
            case StartupMessage ignored -> startup(ctx, in, start);
            case CancelRequest ignored -> startup(ctx, in, start);
        }
    }

    private void sslRequest(ChannelHandlerContext ctx, ByteBuf in) {
        if (tlsAnswered || in.isReadable()) {
            throw new ProtocolViolation("received unencrypted data after SSL request");
        }
        tlsAnswered = true;
        if (login.listener().tls().isEmpty()) {
            ctx.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {'N'}));
            return;
        }
        ChannelHandler tls = login.listener().tls().get().newHandler(Alpn.IF_OFFERED);
        login.step("TLS handshake");
        ctx.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {'S'}));
        ctx.pipeline().addFirst("tls", tls);
    }

    private void gssencRequest(ChannelHandlerContext ctx, ByteBuf in) {
        if (gssAnswered || in.isReadable()) {
            throw new ProtocolViolation("received unencrypted data after GSSAPI encryption request");
        }
        gssAnswered = true;
        ctx.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {'N'}));
    }

    private void directTls(ChannelHandlerContext ctx) {
        if (login.listener().tls().isEmpty()) {
            login.refuse(new Refusal.TlsNotAvailable(login.listener().name()));
            return;
        }
        login.step("TLS handshake");
        tlsAnswered = true;
        ByteBuf hello = actualReadableBytes() > 0
                ? internalBuffer().readRetainedSlice(actualReadableBytes())
                : Unpooled.EMPTY_BUFFER;
        ctx.pipeline().addFirst("tls", login.listener().tls().get().newHandler(Alpn.REQUIRED));
        ctx.pipeline().fireChannelRead(hello);
    }

    private void startup(ChannelHandlerContext ctx, ByteBuf in, int start) {
        in.readerIndex(start);
        next(ctx);
    }

    private void next(ChannelHandlerContext ctx) {
        login.step("startup packet");
        ctx.pipeline().replace(this, "login", new StartupHandler(login));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (handshake.isSuccess()) {
                next(ctx);
            } else {
                login.handshakeFailed(handshake.cause());
            }
        } else {
            super.userEventTriggered(ctx, event);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        login.failed(cause);
    }
}
