package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.MessageHeader;
import io.netty.buffer.ByteBuf;

/** Where messages end in a stream that nobody reads, in whatever pieces it comes. */
final class MessageBoundary {
    private int headerBytes;
    private int length;
    private long bodyLeft;

    /** These bytes come next; they are looked at and left as they are. */
    void passes(ByteBuf bytes) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (at < end) {
            if (bodyLeft > 0) {
                long skipped = Math.min(bodyLeft, end - at);
                bodyLeft -= skipped;
                at += (int) skipped;
            } else {
                header(bytes.getByte(at++));
            }
        }
    }

    private void header(byte next) {
        if (headerBytes++ > 0) { // the first is the type
            length = length << 8 | next & 0xff;
        }
        if (headerBytes == MessageHeader.HEADER_LENGTH) {
            bodyLeft = Math.max(0, length - 4L);
            headerBytes = 0;
            length = 0;
        }
    }

    boolean betweenMessages() {
        return headerBytes == 0 && bodyLeft == 0;
    }
}
