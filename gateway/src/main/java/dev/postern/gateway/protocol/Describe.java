package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * Asks what a prepared statement takes and gives, or what a portal gives.
 *
 * @param kind which of the two the name is of
 * @param name empty for the unnamed one
 */
public record Describe(StatementOrPortal kind, String name) implements FrontendMessage {

    static Describe decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        Describe message = new Describe(StatementOrPortal.of(reader.int8(), "DESCRIBE"), reader.string());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return FrontendType.DESCRIBE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeByte(kind.code());
        BodyWriter.string(out, name);
    }
}
