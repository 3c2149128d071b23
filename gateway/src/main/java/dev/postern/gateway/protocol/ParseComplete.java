package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** A Parse succeeded. */
public record ParseComplete() implements BackendMessage {

    static ParseComplete decode(ByteBuf body) {
        new BodyReader(body).end();
        return new ParseComplete();
    }

    @Override
    public byte type() {
        return BackendType.PARSE_COMPLETE;
    }

    @Override
    public void encodeBody(ByteBuf out) {}
}
