package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** Asks the server to send what it has, without ending the pipeline as Sync does. */
public record Flush() implements FrontendMessage {

    static Flush decode(ByteBuf body) {
        new BodyReader(body).end();
        return new Flush();
    }

    @Override
    public byte type() {
        return FrontendType.FLUSH;
    }

    @Override
    public void encodeBody(ByteBuf out) {}
}
