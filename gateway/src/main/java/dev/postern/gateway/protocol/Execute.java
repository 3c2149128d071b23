package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * Runs a portal.
 *
 * @param portal empty for the unnamed one
 * @param maxRows 0 for no limit
 */
public record Execute(String portal, int maxRows) implements FrontendMessage {

    static Execute decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        Execute message = new Execute(reader.string(), reader.int32());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return FrontendType.EXECUTE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.string(out, portal);
        out.writeInt(maxRows);
    }
}
