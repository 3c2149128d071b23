package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** Asks for the password as it is. */
public record AuthenticationCleartextPassword() implements Authentication {

    static final int CODE = 3;

    @Override
    public byte type() {
        return BackendType.AUTHENTICATION;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeInt(CODE);
    }
}
