package dev.postern.gateway.protocol;

import dev.postern.auth.Secret;
import io.netty.buffer.ByteBuf;

/**
 * The server's challenge within a SASL exchange.
 *
 * @param data the mechanism's own
 */
public record AuthenticationSASLContinue(Secret data) implements Authentication {

    static final int CODE = 11;

    @Override
    public byte type() {
        return BackendType.AUTHENTICATION;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeInt(CODE);
        BodyWriter.secret(out, data);
    }
}
