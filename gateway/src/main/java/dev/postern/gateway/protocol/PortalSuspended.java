package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** An Execute stopped at its row limit; the portal has more. */
public record PortalSuspended() implements BackendMessage {

    static PortalSuspended decode(ByteBuf body) {
        new BodyReader(body).end();
        return new PortalSuspended();
    }

    @Override
    public byte type() {
        return BackendType.PORTAL_SUSPENDED;
    }

    @Override
    public void encodeBody(ByteBuf out) {}
}
