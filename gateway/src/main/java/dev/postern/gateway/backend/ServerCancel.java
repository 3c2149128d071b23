package dev.postern.gateway.backend;

import dev.postern.gateway.protocol.CancelRequest;
import dev.postern.tls.BackendTls;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One cancel request to a server, on a connection of its own, inside TLS where the connection it is about is. PostgreSQL
 * has signalled the backend by the time it closes that connection (postmaster.c, processCancelRequest): only then is it
 * certain that no later query can be hit.
 */
final class ServerCancel implements ServerTlsNegotiationHandler.LoginStart {
    private final CancelRequest request;
    private final Consumer<Boolean> settled;
    private @Nullable Channel channel;
    private @Nullable ScheduledFuture<?> timer;
    private boolean sent;
    private boolean over;

    private ServerCancel(CancelRequest request, Consumer<Boolean> settled) {
        this.request = request;
        this.settled = settled;
    }

    /**
     * Starts on the loop; there the consumer hears once that it is over, and whether it is certain what became of it.
     *
     * @param tls present where the server's connection uses TLS
     * @param address the host as configured, which the certificate is checked for
     * @param socket where the server's own connection goes: another address of the host may be another server
     */
    static void send(
            CancelRequest request,
            Optional<BackendTls> tls,
            ServerAddress address,
            SocketAddress socket,
            EventLoop loop,
            Class<? extends Channel> channelType,
            Duration timeout,
            Consumer<Boolean> settled) {
        ServerCancel cancel = new ServerCancel(request, settled);
        ChannelInboundHandlerAdapter first = tls.isPresent()
                ? new ServerTlsNegotiationHandler(tls.get(), address, false, cancel)
                : new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelActive(ChannelHandlerContext ctx) {
                        cancel.begin(ctx);
                    }
                };
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(channelType)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE))
                .handler(first)
                .connect(socket);
        cancel.channel = connecting.channel();
        cancel.timer = loop.schedule(cancel::end, timeout.toMillis(), TimeUnit.MILLISECONDS);
        connecting.channel().closeFuture().addListener(closed -> cancel.closed());
    }

    @Override
    public void begin(ChannelHandlerContext ctx) {
        ctx.pipeline().remove(ctx.handler());
        ByteBuf packet = ctx.alloc().buffer();
        request.encode(packet);
        sent = true;
        ctx.channel().writeAndFlush(packet).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }

    @Override
    public void failed(OpenFailure failure) {
        end();
    }

    private void end() {
        Channel open = channel;
        if (open != null) {
            boolean late = sent && open.isActive();
            settle(!late);
            open.close();
        }
    }

    private void closed() {
        settle(true);
    }

    private void settle(boolean certain) {
        if (!over) {
            over = true;
            if (timer != null) {
                timer.cancel(false);
            }
            settled.accept(certain);
        }
    }
}
