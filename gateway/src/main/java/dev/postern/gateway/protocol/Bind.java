package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * Makes a portal of a prepared statement.
 *
 * @param portal empty for the unnamed one
 * @param statement the prepared statement; empty for the unnamed one
 * @param parameterFormats none (all text), one for all, or one for each parameter
 * @param parameters views of the body after decode
 * @param resultFormats none (all text), one for all, or one for each column
 */
public record Bind(
        String portal,
        String statement,
        List<Format> parameterFormats,
        List<Value> parameters,
        List<Format> resultFormats)
        implements FrontendMessage {

    static Bind decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        Bind message = new Bind(
                reader.string(),
                reader.string(),
                reader.formats(),
                reader.values(reader.count16(Integer.BYTES)),
                reader.formats());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return FrontendType.BIND;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.string(out, portal);
        BodyWriter.string(out, statement);
        BodyWriter.formats(out, parameterFormats);
        BodyWriter.values(out, parameters);
        BodyWriter.formats(out, resultFormats);
    }
}
