package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Offers SASL.
 *
 * @param mechanisms in the server's order of preference
 */
public record AuthenticationSASL(List<String> mechanisms) implements Authentication {

    static final int CODE = 10;

    static AuthenticationSASL decode(BodyReader reader) {
        List<String> mechanisms = new ArrayList<>();
        for (String name = reader.string(); !name.isEmpty(); name = reader.string()) {
            mechanisms.add(name);
        }
        return new AuthenticationSASL(List.copyOf(mechanisms));
    }

    @Override
    public byte type() {
        return BackendType.AUTHENTICATION;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeInt(CODE);
        for (String mechanism : mechanisms) {
            BodyWriter.string(out, mechanism);
        }
        out.writeByte(0);
    }
}
