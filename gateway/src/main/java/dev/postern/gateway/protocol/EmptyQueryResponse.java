package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** An empty query string was run; stands where CommandComplete would. */
public record EmptyQueryResponse() implements BackendMessage {

    static EmptyQueryResponse decode(ByteBuf body) {
        new BodyReader(body).end();
        return new EmptyQueryResponse();
    }

    @Override
    public byte type() {
        return BackendType.EMPTY_QUERY_RESPONSE;
    }

    @Override
    public void encodeBody(ByteBuf out) {}
}
