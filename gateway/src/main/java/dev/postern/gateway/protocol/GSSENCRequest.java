package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** The client asks for GSSAPI encryption; the answer here is always {@code N}. */
public record GSSENCRequest() implements StartupPacket {
    static final int CODE = 1234 << 16 | 5680;
    static final int LENGTH = 8;

    @Override
    public void encode(ByteBuf out) {
        out.writeInt(LENGTH);
        out.writeInt(CODE);
    }
}
