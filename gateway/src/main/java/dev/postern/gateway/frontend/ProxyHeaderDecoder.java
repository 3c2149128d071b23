package dev.postern.gateway.frontend;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;

/** Netty's decoder, which would wait for more of what does not even begin like a header. */
final class ProxyHeaderDecoder extends HAProxyMessageDecoder {
    private static final byte VERSION_1 = 'P';
    private static final byte VERSION_2 = '\r';
    /** Bytes of a header's further fields: far more than any balancer sends. */
    private static final int MOST_TLV_BYTES = 4096;

    private boolean begun;

    ProxyHeaderDecoder() {
        super(MOST_TLV_BYTES);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (!begun && message instanceof ByteBuf bytes && bytes.isReadable()) {
            begun = true;
            byte first = bytes.getByte(bytes.readerIndex());
            if (first != VERSION_1 && first != VERSION_2) {
                bytes.release();
                ctx.fireExceptionCaught(new HAProxyProtocolException("no PROXY header"));
                return;
            }
        }
        super.channelRead(ctx, message);
    }
}
