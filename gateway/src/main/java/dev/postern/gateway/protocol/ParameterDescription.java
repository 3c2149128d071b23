package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * The parameters of a described statement.
 *
 * @param types their object ids
 */
public record ParameterDescription(List<Integer> types) implements BackendMessage {

    static ParameterDescription decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        ParameterDescription message = new ParameterDescription(reader.objectIds());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return BackendType.PARAMETER_DESCRIPTION;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.objectIds(out, types);
    }
}
