package dev.postern.tls;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;

/**
 * Waits for a whole ClientHello, chooses the certificate by it and makes way for the {@link SslHandler}. Until then a
 * connection has no native TLS state: one that says nothing, or half of it, costs what it sent and no more.
 *
 * <p>The library cannot refuse a wrong ALPN, it would go on without one; so it is refused here, with the alert that
 * PostgreSQL sends.
 */
final class ClientHelloHandler extends ByteToMessageDecoder {
    private static final int RECORD_HEADER = 5;
    private static final int HANDSHAKE_RECORD = 22;
    private static final int HANDSHAKE_HEADER = 4;
    private static final int CLIENT_HELLO = 1;
    /** RFC 8446 5.1, in bytes. */
    private static final int MAX_RECORD = 1 << 14;
    /** Bytes; BoringSSL's own limit for a ClientHello is the same. Real ones have 200 to 2,000. */
    private static final int MAX_CLIENT_HELLO = 1 << 14;
    /**
     * Bytes that may gather here: a ClientHello in fragments of one byte, or one that waits for its turn and what its
     * client sends meanwhile.
     */
    private static final int MAX_GATHERED = 6 * (MAX_CLIENT_HELLO + HANDSHAKE_HEADER);
    /** Alert record of TLS 1.2, fatal, no_application_protocol (RFC 7301 3.2). */
    private static final byte[] NO_APPLICATION_PROTOCOL = {21, 3, 3, 0, 2, 2, 120};

    private final ListenerTls tls;
    private final Alpn alpn;
    private boolean waiting;
    private boolean refused;

    ClientHelloHandler(ListenerTls tls, Alpn alpn) {
        this.tls = tls;
        this.alpn = alpn;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (refused) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (in.readableBytes() > MAX_GATHERED) {
            refuse(ctx, in, "the client sends without waiting for an answer");
            ctx.close();
            return;
        }
        if (waiting) {
            return;
        }
        switch (scan(in)) {
            case Incomplete() -> {}
            case NotClientHello() -> handOver(ctx, ClientHello.UNKNOWN);
            case Complete(ByteBuffer body) -> {
                ClientHello hello = ClientHello.parse(body);
                if (alpnAccepts(hello)) {
                    waiting = true;
                    tls.turnsOf(ctx.executor()).submit(() -> begin(ctx, hello));
                } else {
                    refuseAlpn(ctx, in, hello);
                }
            }
        }
    }

    private boolean alpnAccepts(ClientHello hello) {
        List<String> ours = tls.settings().alpnProtocols();
        if (ours.isEmpty()) {
            return true;
        }
        return hello.alpnProtocols().isEmpty()
                ? alpn == Alpn.IF_OFFERED
                : hello.alpnProtocols().stream().anyMatch(ours::contains);
    }

    private boolean begin(ChannelHandlerContext ctx, ClientHello hello) {
        if (ctx.isRemoved() || refused || !ctx.channel().isActive()) {
            return false;
        }
        try {
            handOver(ctx, hello);
        } catch (RuntimeException e) {
            ctx.fireExceptionCaught(e);
            ctx.close();
        }
        return true;
    }

    private void handOver(ChannelHandlerContext ctx, ClientHello hello) {
        SslHandler handler = tls.newSslHandler(hello, ctx.alloc());
        boolean handedOver = false;
        try {
            // The bytes read so far follow: removing a decoder passes on what it has not consumed.
            ctx.pipeline().replace(this, ctx.name(), handler);
            handedOver = true;
            tls.handshakes().begun(handler.handshakeFuture());
        } finally {
            if (!handedOver) {
                ReferenceCountUtil.safeRelease(handler.engine());
            }
        }
    }

    private void refuseAlpn(ChannelHandlerContext ctx, ByteBuf in, ClientHello hello) {
        ctx.writeAndFlush(ctx.alloc().buffer(NO_APPLICATION_PROTOCOL.length).writeBytes(NO_APPLICATION_PROTOCOL))
                .addListener(ChannelFutureListener.CLOSE);
        String what = hello.alpnProtocols().isEmpty()
                ? "the client sent no ALPN extension"
                : "the client offers ALPN " + hello.alpnProtocols();
        refuse(ctx, in, what + " (expected: " + String.join(", ", tls.settings().alpnProtocols()) + ")");
    }

    private void refuse(ChannelHandlerContext ctx, ByteBuf in, String reason) {
        refused = true;
        in.skipBytes(in.readableBytes());
        ctx.fireUserEventTriggered(new SslHandshakeCompletionEvent(new SSLHandshakeException(reason)));
    }

    private sealed interface Scan {}

    private record Incomplete() implements Scan {}

    private record NotClientHello() implements Scan {}

    private record Complete(ByteBuffer body) implements Scan {}

    private static final Scan INCOMPLETE = new Incomplete();
    private static final Scan NOT_CLIENT_HELLO = new NotClientHello();

    /**
     * Looks at the records from the start without consuming them: a ClientHello may be split over several. Nothing is
     * allocated before all of it is there.
     */
    private static Scan scan(ByteBuf in) {
        int end = in.writerIndex();
        int position = in.readerIndex();
        int header = 0;
        int payload = 0;
        while (end - position >= RECORD_HEADER) {
            int length = in.getUnsignedShort(position + 3);
            if (in.getUnsignedByte(position) != HANDSHAKE_RECORD
                    || in.getUnsignedByte(position + 1) != 3
                    || length == 0
                    || length > MAX_RECORD) {
                return NOT_CLIENT_HELLO;
            }
            int start = position + RECORD_HEADER;
            int available = Math.min(length, end - start);
            for (int i = start; payload + i - start < HANDSHAKE_HEADER && i < start + available; i++) {
                header = header << 8 | in.getUnsignedByte(i);
            }
            payload += available;
            if (payload >= HANDSHAKE_HEADER) {
                int size = header & 0xffffff;
                if (header >>> 24 != CLIENT_HELLO || size > MAX_CLIENT_HELLO) {
                    return NOT_CLIENT_HELLO;
                }
                if (payload >= HANDSHAKE_HEADER + size) {
                    return new Complete(body(in, size));
                }
            }
            if (available < length) {
                return INCOMPLETE;
            }
            position = start + length;
        }
        // Between two records, or within the five bytes that begin one.
        return end > position && in.getUnsignedByte(position) != HANDSHAKE_RECORD ? NOT_CLIENT_HELLO : INCOMPLETE;
    }

    /** Puts the fragments of a complete message together, without its header. */
    private static ByteBuffer body(ByteBuf in, int size) {
        byte[] message = new byte[HANDSHAKE_HEADER + size];
        int position = in.readerIndex();
        int filled = 0;
        while (filled < message.length) {
            int length = in.getUnsignedShort(position + 3);
            int wanted = Math.min(length, message.length - filled);
            in.getBytes(position + RECORD_HEADER, message, filled, wanted);
            filled += wanted;
            position += RECORD_HEADER + length;
        }
        return ByteBuffer.wrap(message, HANDSHAKE_HEADER, size).slice();
    }
}
