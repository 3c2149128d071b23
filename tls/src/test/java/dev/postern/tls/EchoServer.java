package dev.postern.tls;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A TLS server on loopback that sends back what it gets, and keeps how each handshake ended. */
final class EchoServer implements AutoCloseable {
    /** Shared by all tests and never stopped: its threads are daemons. */
    static final EventLoopGroup GROUP =
            new MultiThreadIoEventLoopGroup(2, new DefaultThreadFactory("test-loop", true), NioIoHandler.newFactory());

    private final Set<Channel> open = ConcurrentHashMap.newKeySet();
    private final BlockingQueue<TlsFacts> facts = new LinkedBlockingQueue<>();
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final Channel channel;

    EchoServer(ListenerTls tls, Alpn alpn) {
        channel = new ServerBootstrap()
                .group(GROUP)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        open.add(ch);
                        ch.closeFuture().addListener(closed -> open.remove(ch));
                        ch.pipeline().addLast(tls.newHandler(alpn), new Echo());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
    }

    int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    int openConnections() {
        return open.size();
    }

    /** The next handshake that succeeded. */
    TlsFacts nextFacts() throws InterruptedException {
        TlsFacts next = facts.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no handshake succeeded; failures: " + failures);
        }
        return next;
    }

    /** The next handshake that failed. */
    Throwable nextFailure() throws InterruptedException {
        Throwable next = failures.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no handshake failed");
        }
        return next;
    }

    @Override
    public void close() {
        channel.close().syncUninterruptibly();
        open.forEach(client -> client.close().syncUninterruptibly());
    }

    private final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent done) {
                if (done.isSuccess()) {
                    facts.add(TlsFacts.of(ctx.pipeline()).orElseThrow());
                } else {
                    failures.add(done.cause());
                }
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
