package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * An SQL command succeeded.
 *
 * @param tag the command and, for some, the number of rows: {@code SELECT 3}, {@code INSERT 0 1}
 */
public record CommandComplete(String tag) implements BackendMessage {

    static CommandComplete decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        CommandComplete message = new CommandComplete(reader.string());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return BackendType.COMMAND_COMPLETE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.string(out, tag);
    }
}
