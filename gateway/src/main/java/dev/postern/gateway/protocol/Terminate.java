package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** The client says good-bye. */
public record Terminate() implements FrontendMessage {

    static Terminate decode(ByteBuf body) {
        new BodyReader(body).end();
        return new Terminate();
    }

    @Override
    public byte type() {
        return FrontendType.TERMINATE;
    }

    @Override
    public void encodeBody(ByteBuf out) {}
}
