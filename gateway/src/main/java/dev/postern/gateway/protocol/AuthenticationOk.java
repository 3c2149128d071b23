package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** The login succeeded; parameters, key and ReadyForQuery follow. */
public record AuthenticationOk() implements Authentication {

    static final int CODE = 0;

    @Override
    public byte type() {
        return BackendType.AUTHENTICATION;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeInt(CODE);
    }
}
