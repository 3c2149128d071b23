package dev.postern.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.config.NetworkConfig;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TcpOptionsTest {
    private static final NetworkConfig CONFIG =
            new NetworkConfig(true, Duration.ofSeconds(31), Duration.ofSeconds(7), 4, Duration.ofSeconds(42));

    @Test
    void setsWhatIsConfiguredOnAcceptedSockets() throws Exception {
        assumeTrue(Epoll.isAvailable(), "epoll is not available");
        var group = Transport.best().newGroup(1);
        try {
            CompletableFuture<Channel> accepted = new CompletableFuture<>();
            ServerBootstrap bootstrap = new ServerBootstrap()
                    .group(group)
                    .channel(Transport.best().serverChannel())
                    .childHandler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelActive(io.netty.channel.ChannelHandlerContext ctx) {
                            accepted.complete(ctx.channel());
                        }
                    });
            new TcpOptions(CONFIG, true).applyTo(bootstrap);
            Channel listening = bootstrap.bind("127.0.0.1", 0).sync().channel();
            try (Socket client = new Socket("127.0.0.1", ((InetSocketAddress) listening.localAddress()).getPort())) {
                assertThat(client.isConnected()).isTrue();
                var options = ((EpollSocketChannel) accepted.get(5, TimeUnit.SECONDS)).config();
                assertThat(options.isKeepAlive()).isTrue();
                assertThat(options.getTcpKeepIdle()).isEqualTo(31);
                assertThat(options.getTcpKeepIntvl()).isEqualTo(7);
                assertThat(options.getTcpKeepCnt()).isEqualTo(4);
                assertThat(options.getTcpUserTimeout()).isEqualTo(42_000);
            }
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void leavesOtherChannelsAlone() {
        EmbeddedChannel channel = new EmbeddedChannel();
        new TcpOptions(CONFIG, true).accept(channel);
        assertThat(channel.isOpen()).isTrue();
    }
}
