package dev.postern.gateway.frontend;

import io.netty.channel.Channel;

/** What has a cancel key: a session, or a console. */
public interface Cancelable {
    /**
     * A cancel request with its key came over that connection, which is closed when it has been dealt with. Called on
     * any event loop.
     */
    void cancel(Channel requester);
}
