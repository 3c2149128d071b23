package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * A piece of a COPY's data, in either direction.
 *
 * @param data of any length, not aligned with rows; a view of the body after decode
 */
public record CopyData(ByteBuf data) implements FrontendMessage, BackendMessage {
    static CopyData decode(ByteBuf body) {
        return new CopyData(body.readSlice(body.readableBytes()));
    }

    @Override
    public byte type() {
        return FrontendType.COPY_DATA;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeBytes(data, data.readerIndex(), data.readableBytes());
    }
}
