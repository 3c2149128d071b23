package dev.postern.gateway.frontend;

import dev.postern.gateway.protocol.ProtocolViolation;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * What a trusted load balancer says before anything else: the PROXY header, decoded by the handler before this one. From
 * here on the client's address is the one in it. A header that says nothing of a client (LOCAL, UNKNOWN) is the balancer's
 * own look at us.
 */
final class ProxyHeaderHandler extends ChannelInboundHandlerAdapter {
    private final Login login;

    ProxyHeaderHandler(Login login) {
        this.login = login;
        login.step("PROXY header");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof HAProxyMessage header)) {
            ctx.fireChannelRead(message);
            return;
        }
        try {
            login.proxied(client(header), ProxyFields.of(header));
        } finally {
            header.release();
        }
        ctx.pipeline().remove(this);
        login.admit();
    }

    private static Optional<InetSocketAddress> client(HAProxyMessage header) {
        if (header.command() == HAProxyCommand.LOCAL || header.sourceAddress() == null) {
            return Optional.empty();
        }
        byte[] address = NetUtil.createByteArrayFromIpAddressString(header.sourceAddress());
        if (address == null) {
            return Optional.empty(); // a unix socket at the balancer
        }
        try {
            return Optional.of(new InetSocketAddress(InetAddress.getByAddress(address), header.sourcePort()));
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        login.failed(
                cause instanceof HAProxyProtocolException
                        ? new ProtocolViolation("no PROXY protocol header from a trusted address")
                        : cause);
    }
}
