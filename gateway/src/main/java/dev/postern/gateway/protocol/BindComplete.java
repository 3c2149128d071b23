package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** A Bind succeeded. */
public record BindComplete() implements BackendMessage {

    static BindComplete decode(ByteBuf body) {
        new BodyReader(body).end();
        return new BindComplete();
    }

    @Override
    public byte type() {
        return BackendType.BIND_COMPLETE;
    }

    @Override
    public void encodeBody(ByteBuf out) {}
}
