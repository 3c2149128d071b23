package dev.postern.gateway.protocol;

import dev.postern.auth.Secret;
import io.netty.buffer.ByteBuf;

/**
 * The server's last SASL message; AuthenticationOk follows it.
 *
 * @param data the mechanism's own, such as the server's signature
 */
public record AuthenticationSASLFinal(Secret data) implements Authentication {

    static final int CODE = 12;

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
