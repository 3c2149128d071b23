package dev.postern.gateway.frontend;

import dev.postern.gateway.protocol.NotificationResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Notifications for a client that is in a transaction, or does not read. On its loop. */
final class KeptNotifications {
    private static final int MOST_BYTES = 1 << 20;

    private @Nullable ByteBuf kept;

    boolean isEmpty() {
        return kept == null;
    }

    /** False when there are too many of them already; the message stays the caller's. */
    boolean keep(ByteBuf message, ByteBufAllocator alloc) {
        ByteBuf all = kept;
        if (all == null) {
            all = alloc.buffer();
            kept = all;
        }
        if (all.readableBytes() + message.readableBytes() > MOST_BYTES) {
            return false;
        }
        all.writeBytes(message, message.readerIndex(), message.readableBytes());
        return true;
    }

    /** All of them, the caller's from then on. */
    @Nullable
    ByteBuf take() {
        ByteBuf all = kept;
        kept = null;
        return all;
    }

    void retainOnly(Predicate<NotificationResponse> wanted, ByteBufAllocator alloc) {
        ByteBuf all = take();
        if (all != null) {
            new Notifications().read(all, (notification, message) -> {
                if (wanted.test(notification)) {
                    keep(message, alloc);
                }
            });
        }
    }

    void release() {
        ByteBuf all = take();
        if (all != null) {
            all.release();
        }
    }
}
