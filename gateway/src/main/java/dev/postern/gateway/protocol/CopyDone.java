package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** The end of a COPY's data, in either direction. */
public record CopyDone() implements FrontendMessage, BackendMessage {
    static CopyDone decode(ByteBuf body) {
        new BodyReader(body).end();
        return new CopyDone();
    }

    @Override
    public byte type() {
        return FrontendType.COPY_DONE;
    }

    @Override
    public void encodeBody(ByteBuf out) {}
}
