package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** A described statement or portal gives no rows. */
public record NoData() implements BackendMessage {

    static NoData decode(ByteBuf body) {
        new BodyReader(body).end();
        return new NoData();
    }

    @Override
    public byte type() {
        return BackendType.NO_DATA;
    }

    @Override
    public void encodeBody(ByteBuf out) {}
}
