package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** Ends a pipeline: the server closes an implicit transaction and answers ReadyForQuery. */
public record Sync() implements FrontendMessage {

    static Sync decode(ByteBuf body) {
        new BodyReader(body).end();
        return new Sync();
    }

    @Override
    public byte type() {
        return FrontendType.SYNC;
    }

    @Override
    public void encodeBody(ByteBuf out) {}
}
