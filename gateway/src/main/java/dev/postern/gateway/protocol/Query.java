package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * The simple protocol: one or several SQL commands as text.
 *
 * @param query in the client's encoding
 */
public record Query(String query) implements FrontendMessage {

    static Query decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        Query message = new Query(reader.string());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return FrontendType.QUERY;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.string(out, query);
    }
}
