package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * Makes a prepared statement.
 *
 * @param statement its name; empty for the unnamed one
 * @param query one SQL command
 * @param parameterTypes object ids for the first parameters; 0 leaves one unspecified
 */
public record Parse(String statement, String query, List<Integer> parameterTypes) implements FrontendMessage {

    static Parse decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        Parse message = new Parse(reader.string(), reader.string(), reader.objectIds());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return FrontendType.PARSE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.string(out, statement);
        BodyWriter.string(out, query);
        BodyWriter.objectIds(out, parameterTypes);
    }
}
