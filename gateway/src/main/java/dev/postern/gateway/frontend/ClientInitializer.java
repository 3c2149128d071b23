package dev.postern.gateway.frontend;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import java.net.InetSocketAddress;

/** The first moment of a client connection. What follows stands in the order of the handlers in this package. */
public final class ClientInitializer extends ChannelInitializer<Channel> {
    private final Listener listener;

    public ClientInitializer(Listener listener) {
        this.listener = listener;
    }

    @Override
    protected void initChannel(Channel channel) {
        listener.counts().opened();
        channel.closeFuture().addListener(closed -> listener.counts().closed());
        Login login = new Login(listener, channel);
        boolean proxied = channel.remoteAddress() instanceof InetSocketAddress from
                && from.getAddress() != null
                && listener.trustedProxies().test(from.getAddress());
        if (proxied) {
            channel.pipeline().addLast(new ProxyHeaderDecoder()).addLast(new ProxyHeaderHandler(login));
        }
        channel.pipeline().addLast("login", new TlsNegotiationHandler(login));
        login.begin();
        if (!proxied) {
            login.admit();
        }
    }
}
