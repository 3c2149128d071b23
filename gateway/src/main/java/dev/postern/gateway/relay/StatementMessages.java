package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.FrontendType;
import dev.postern.gateway.protocol.MessageHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/** Parse, Bind, Describe and Close as the gateway writes them, with the names that servers know statements by. */
final class StatementMessages {
    static final byte[] UNNAMED = {};

    /** The name that a DEALLOCATE of the gateway's gives free, for a client's name that no server knows. */
    static final byte[] FREED = "postern_freed".getBytes(StandardCharsets.US_ASCII);

    /** The name of a text for as long as the server says whether it is one. */
    static final byte[] CHECKED = "postern_checked".getBytes(StandardCharsets.US_ASCII);

    static final byte[] NOTHING = "SELECT\0\0\0".getBytes(StandardCharsets.US_ASCII);
    static final byte[] DEALLOCATE_FREED = "DEALLOCATE postern_freed\0\0\0".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] OURS = "postern_".getBytes(StandardCharsets.US_ASCII);

    private StatementMessages() {}

    /** Whether the name could be one that the gateway gives to a statement. */
    static boolean isOurs(ByteBuf in, int name, int length) {
        boolean ours = length >= OURS.length;
        for (int i = 0; ours && i < OURS.length; i++) {
            ours = in.getByte(name + i) == OURS[i];
        }
        return ours;
    }

    /** Whether the server's name of a statement that may be shared stands somewhere in the text, in whatever case. */
    static boolean namesShared(ByteBuf in, int from, int to) {
        for (int at = from; at + OURS.length < to; at++) {
            if (isNumbered(in, at)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isNumbered(ByteBuf in, int name) {
        int at = 0;
        while (at < OURS.length && Character.toLowerCase(in.getByte(name + at)) == OURS[at]) {
            at++;
        }
        return at == OURS.length && Character.isDigit(in.getByte(name + at));
    }

    static ByteBuf parse(ByteBufAllocator alloc, byte[] name, byte[] body) {
        int length = 4 + name.length + 1 + body.length;
        ByteBuf message = alloc.buffer(1 + length).writeByte(FrontendType.PARSE).writeInt(length);
        return message.writeBytes(name).writeByte(0).writeBytes(body);
    }

    /** Up to and with the statement's name; {@code rest} bytes of the message follow. */
    static ByteBuf bind(ByteBufAllocator alloc, ByteBuf portalWithTerminator, byte[] name, int rest) {
        int length = 4 + portalWithTerminator.readableBytes() + name.length + 1;
        ByteBuf head = alloc.buffer(1 + length).writeByte(FrontendType.BIND).writeInt(length + rest);
        return head.writeBytes(portalWithTerminator).writeBytes(name).writeByte(0);
    }

    static ByteBuf describe(ByteBufAllocator alloc, byte[] name) {
        return ofStatement(alloc, FrontendType.DESCRIBE, name);
    }

    static ByteBuf close(ByteBufAllocator alloc, byte[] name) {
        return ofStatement(alloc, FrontendType.CLOSE, name);
    }

    private static ByteBuf ofStatement(ByteBufAllocator alloc, byte type, byte[] name) {
        int length = 4 + 1 + name.length + 1;
        ByteBuf message = alloc.buffer(1 + length).writeByte(type).writeInt(length);
        return message.writeByte('S').writeBytes(name).writeByte(0);
    }

    /** As a simple query. */
    static ByteBuf deallocateFreed(ByteBufAllocator alloc) {
        int text = DEALLOCATE_FREED.length - 2; // without the number of parameters
        ByteBuf message =
                alloc.buffer(1 + 4 + text).writeByte(FrontendType.QUERY).writeInt(4 + text);
        return message.writeBytes(DEALLOCATE_FREED, 0, text);
    }

    static ByteBuf flush(ByteBufAllocator alloc) {
        return complete(alloc, FrontendType.FLUSH);
    }

    /** ParseComplete or CloseComplete. */
    static ByteBuf complete(ByteBufAllocator alloc, byte type) {
        return alloc.buffer(MessageHeader.HEADER_LENGTH).writeByte(type).writeInt(MessageHeader.MIN_LENGTH);
    }
}
