package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** A message with a type byte, in either direction. The startup packets, which have none, are {@link StartupPacket}s. */
public sealed interface Message permits FrontendMessage, BackendMessage {
    /** The first byte on the wire: a constant of {@link FrontendType} or {@link BackendType}. */
    byte type();

    /** Writes what follows the length word. Callers want {@link #encode}. */
    void encodeBody(ByteBuf out);

    /**
     * Appends type, length and body. Bulk payloads are copied, their indexes stay where they are.
     *
     * @throws IllegalArgumentException when a field does not fit its place on the wire (a zero byte in a string, too many
     *     columns, more than {@link MessageHeader#LARGE_MESSAGE_LIMIT}); {@code out} is then as it was before
     */
    default void encode(ByteBuf out) {
        int start = BodyWriter.begin(out, type());
        try {
            encodeBody(out);
            BodyWriter.end(out, start);
        } catch (RuntimeException e) {
            out.writerIndex(start);
            throw e;
        }
    }
}
