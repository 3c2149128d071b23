package dev.postern.gateway.backend;

import dev.postern.gateway.protocol.SSLRequest;
import dev.postern.tls.BackendTls;
import dev.postern.tls.TlsFailures;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;

/**
 * Asks the server for TLS, and lets the login begin once it is there, or once it is clear that there is none and need be
 * none. Whatever comes with the answer's one byte is refused: it was not sent inside TLS.
 */
final class ServerTlsNegotiationHandler extends ChannelInboundHandlerAdapter {
    private final BackendTls tls;
    private final ServerAddress address;
    private final boolean plainIsFine;
    private final LoginStart login;

    /** What comes after this handler. */
    interface LoginStart {
        void begin(ChannelHandlerContext ctx);

        void failed(OpenFailure failure);
    }

    ServerTlsNegotiationHandler(BackendTls tls, ServerAddress address, boolean plainIsFine, LoginStart login) {
        this.tls = tls;
        this.address = address;
        this.plainIsFine = plainIsFine;
        this.login = login;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ByteBuf request = ctx.alloc().buffer();
        new SSLRequest().encode(request);
        ctx.writeAndFlush(request);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        byte answer = in.getByte(in.readerIndex());
        int length = in.readableBytes();
        ReferenceCountUtil.release(message);
        if (answer == 'S' && length == 1) {
            SslHandler handler = tls.newHandler(ctx.alloc(), address.host(), address.port());
            ctx.pipeline().addFirst("tls", handler);
        } else if (answer == 'N' && length == 1 && plainIsFine) {
            proceed(ctx);
        } else if (answer == 'N' && length == 1) {
            failed("the server at " + address + " does not support TLS, which sslmode asks for");
        } else {
            failed("the server at " + address + " answered SSLRequest with something else than S or N");
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
            ctx.fireUserEventTriggered(event);
        } else if (handshake.isSuccess()) {
            proceed(ctx);
        } else {
            failed("TLS with the server at " + address + " failed: " + TlsFailures.explain(handshake.cause()));
        }
    }

    private void proceed(ChannelHandlerContext ctx) {
        login.begin(ctx);
    }

    private void failed(String detail) {
        login.failed(OpenFailure.unreachable(detail));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        failed("the server at " + address + " closed the connection during TLS negotiation");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failed("TLS with the server at " + address + " failed: " + TlsFailures.explain(cause));
    }
}
