package dev.postern.gateway.frontend;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** The end of a client connection: what is on its way is sent, for as long as that may take and no longer. */
final class LastWords {
    /** A client that does not read, or has not finished its TLS handshake, would keep its connection for ever. */
    private static final int MOST_SECONDS = 5;

    private LastWords() {}

    /** Takes the buffer over; on the channel's loop. */
    static void say(Channel channel, ByteBuf words) {
        channel.config().setAutoRead(false);
        channel.writeAndFlush(words).addListener(ChannelFutureListener.CLOSE);
        if (channel.isOpen()) {
            ScheduledFuture<?> timer =
                    channel.eventLoop().schedule(() -> channel.close(), MOST_SECONDS, TimeUnit.SECONDS);
            channel.closeFuture().addListener(closed -> timer.cancel(false));
        }
    }
}
