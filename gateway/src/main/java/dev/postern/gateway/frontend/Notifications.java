package dev.postern.gateway.frontend;

import dev.postern.gateway.protocol.BackendMessage;
import dev.postern.gateway.protocol.BackendType;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.NotificationResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.BiConsumer;

/** Finds the notifications among what a server says, however the bytes are split. */
final class Notifications {
    private ByteBuf held = Unpooled.EMPTY_BUFFER;

    /** Takes the buffer over. The consumer gets each message also as bytes, which are its own only until it returns. */
    void read(ByteBuf messages, BiConsumer<NotificationResponse, ByteBuf> each) {
        ByteBuf in = joined(messages);
        held = Unpooled.EMPTY_BUFFER;
        try {
            while (in.readableBytes() >= MessageHeader.HEADER_LENGTH) {
                int at = in.readerIndex();
                int next = at + 1 + in.getInt(at + 1);
                if (next > in.writerIndex()) {
                    break;
                }
                in.readerIndex(next);
                if (in.getByte(at) == BackendType.NOTIFICATION_RESPONSE) {
                    ByteBuf message = in.slice(at, next - at);
                    each.accept(decode(message), message);
                }
            }
            if (in.isReadable()) {
                held = in.retain();
            }
        } finally {
            in.release();
        }
    }

    /** A whole message. */
    static NotificationResponse decode(ByteBuf message) {
        int body = message.readerIndex() + MessageHeader.HEADER_LENGTH;
        return (NotificationResponse) BackendMessage.decode(
                BackendType.NOTIFICATION_RESPONSE, message.slice(body, message.writerIndex() - body));
    }

    private ByteBuf joined(ByteBuf messages) {
        if (!held.isReadable()) {
            return messages;
        }
        ByteBuf both = messages.alloc().buffer(held.readableBytes() + messages.readableBytes());
        both.writeBytes(held).writeBytes(messages);
        held.release();
        messages.release();
        return both;
    }

    void release() {
        held.release();
        held = Unpooled.EMPTY_BUFFER;
    }
}
