package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * The value of a setting that the server reports, at login and whenever it changes.
 *
 * @param name such as client_encoding
 * @param value as SHOW gives it
 */
public record ParameterStatus(String name, String value) implements BackendMessage {

    static ParameterStatus decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        ParameterStatus message = new ParameterStatus(reader.string(), reader.string());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return BackendType.PARAMETER_STATUS;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.string(out, name);
        BodyWriter.string(out, value);
    }
}
