package dev.postern.gateway.protocol;

import dev.postern.auth.Secret;
import io.netty.buffer.ByteBuf;

/**
 * What a CancelRequest has to name.
 *
 * @param processId of the server process; signed, and chosen by a middleware as it likes
 * @param secretKey 4 bytes in protocol 3.0, up to 256 since 3.2
 */
public record BackendKeyData(int processId, Secret secretKey) implements BackendMessage {

    /** Bytes; the only length before protocol 3.2. */
    public static final int MIN_KEY_LENGTH = 4;
    /** Bytes; MAX_CANCEL_KEY_LENGTH of PostgreSQL 18. */
    public static final int MAX_KEY_LENGTH = 256;

    public BackendKeyData {
        checkKey(secretKey);
    }

    static void checkKey(Secret key) {
        if (key.length() < MIN_KEY_LENGTH || key.length() > MAX_KEY_LENGTH) {
            throw new IllegalArgumentException("cancel key of " + key.length() + " bytes (expected: 4 to 256)");
        }
    }

    static BackendKeyData decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        int processId = reader.int32();
        if (reader.remaining() < MIN_KEY_LENGTH || reader.remaining() > MAX_KEY_LENGTH) {
            throw new ProtocolViolation("invalid cancel key length: " + reader.remaining());
        }
        return new BackendKeyData(processId, reader.rest());
    }

    @Override
    public byte type() {
        return BackendType.BACKEND_KEY_DATA;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeInt(processId);
        BodyWriter.secret(out, secretKey);
    }
}
