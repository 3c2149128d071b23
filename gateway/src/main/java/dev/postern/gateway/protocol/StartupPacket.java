package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** The first packet of a connection, or the second after SSLRequest or GSSENCRequest. It has a length but no type byte. */
public sealed interface StartupPacket permits StartupMessage, SSLRequest, GSSENCRequest, CancelRequest {
    /** Appends the packet. */
    void encode(ByteBuf out);
}
