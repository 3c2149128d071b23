package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * Closes a prepared statement or portal; closing one that is not there is no error.
 *
 * @param kind which of the two the name is of
 * @param name empty for the unnamed one
 */
public record Close(StatementOrPortal kind, String name) implements FrontendMessage {

    static Close decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        Close message = new Close(StatementOrPortal.of(reader.int8(), "CLOSE"), reader.string());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return FrontendType.CLOSE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeByte(kind.code());
        BodyWriter.string(out, name);
    }
}
