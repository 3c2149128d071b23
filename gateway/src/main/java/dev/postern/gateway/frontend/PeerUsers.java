package dev.postern.gateway.frontend;

import io.netty.channel.Channel;
import java.util.concurrent.CompletionStage;

/** Who is at the other end of a unix socket. */
public interface PeerUsers {
    /** The operating system's name for the peer's user; empty when it has none, or the peer is gone. Never fails; does not block. */
    CompletionStage<String> nameOf(Channel client);
}
