package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** A Close succeeded. */
public record CloseComplete() implements BackendMessage {

    static CloseComplete decode(ByteBuf body) {
        new BodyReader(body).end();
        return new CloseComplete();
    }

    @Override
    public byte type() {
        return BackendType.CLOSE_COMPLETE;
    }

    @Override
    public void encodeBody(ByteBuf out) {}
}
