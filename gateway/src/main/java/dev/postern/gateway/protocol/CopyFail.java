package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * The client gives up a COPY FROM STDIN; the server answers with an error.
 *
 * @param message why, for the server's error text
 */
public record CopyFail(String message) implements FrontendMessage {

    static CopyFail decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        CopyFail message = new CopyFail(reader.string());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return FrontendType.COPY_FAIL;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.string(out, message);
    }
}
