package dev.postern.gateway;

import dev.postern.gateway.config.NetworkConfig;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The socket options of every TCP connection, of clients and of servers. Those beside keepalive itself are epoll's. */
final class TcpOptions implements Consumer<Channel> {
    private final Map<ChannelOption<?>, Object> options = new LinkedHashMap<>();

    TcpOptions(NetworkConfig config, boolean epoll) {
        options.put(ChannelOption.SO_KEEPALIVE, config.tcpKeepalive());
        if (epoll) {
            set(EpollChannelOption.TCP_KEEPIDLE, config.tcpKeepidle().toSeconds());
            set(EpollChannelOption.TCP_KEEPINTVL, config.tcpKeepintvl().toSeconds());
            set(EpollChannelOption.TCP_KEEPCNT, config.tcpKeepcnt());
            set(EpollChannelOption.TCP_USER_TIMEOUT, config.tcpUserTimeout().toMillis());
        }
    }

    private void set(ChannelOption<Integer> option, long value) {
        if (value > 0) {
            options.put(option, (int) value);
        }
    }

    /** For a connection that the gateway has opened; on its loop. */
    @Override
    public void accept(Channel channel) {
        if (channel instanceof EpollSocketChannel || options.size() == 1) {
            channel.config().setOptions(options);
        }
    }

    /** For connections that a listener accepts. */
    @SuppressWarnings("unchecked") // option and value have met in set()
    void applyTo(ServerBootstrap bootstrap) {
        options.forEach((option, value) -> bootstrap.childOption((ChannelOption<Object>) option, value));
    }
}
