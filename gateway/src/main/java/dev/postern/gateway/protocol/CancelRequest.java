package dev.postern.gateway.protocol;

import dev.postern.auth.Secret;
import io.netty.buffer.ByteBuf;

/**
 * The client asks, on a connection of its own, to cancel what another connection runs. No answer is sent.
 *
 * @param processId of the BackendKeyData the client was given
 * @param secretKey 4 to 256 bytes; always 4 in protocol 3.0. Compare with {@code equals}: it takes constant time
 */
public record CancelRequest(int processId, Secret secretKey) implements StartupPacket {
    static final int CODE = 1234 << 16 | 5678;
    /** Bytes of length, code and process id. */
    static final int LENGTH_WITHOUT_KEY = 12;

    public CancelRequest {
        BackendKeyData.checkKey(secretKey);
    }

    @Override
    public void encode(ByteBuf out) {
        out.writeInt(LENGTH_WITHOUT_KEY + secretKey.length());
        out.writeInt(CODE);
        out.writeInt(processId);
        BodyWriter.secret(out, secretKey);
    }
}
