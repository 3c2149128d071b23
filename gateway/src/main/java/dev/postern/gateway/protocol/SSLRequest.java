package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** The client asks for TLS; the answer is one byte, {@code S} or {@code N}. */
public record SSLRequest() implements StartupPacket {
    static final int CODE = 1234 << 16 | 5679;
    static final int LENGTH = 8;

    @Override
    public void encode(ByteBuf out) {
        out.writeInt(LENGTH);
        out.writeInt(CODE);
    }
}
