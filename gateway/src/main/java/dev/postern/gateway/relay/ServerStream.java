package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.BackendType;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Finds the messages in what a server sends. Rows and COPY data pass as they are, however long; the few messages that the
 * gateway must read are held back until they are whole. One for each server connection.
 */
public final class ServerStream {
    /** A message that must be read whole may be this long; a longer ErrorResponse passes unread. */
    private static final int MOST_HELD = 1 << 16;

    private int passing;
    private @Nullable ByteBuf held;
    /** What is held begins with an error of which it is being found out whether it is the client's. */
    private boolean waiting;

    boolean atBoundary() {
        return passing == 0 && held == null;
    }

    /** No message has been passed on in part. */
    boolean betweenMessages() {
        return passing == 0;
    }

    public void release() {
        waiting = false;
        if (held != null) {
            held.release();
            held = null;
        }
    }

    /** Reads on; takes the buffer over. */
    void read(ByteBuf input, Answers answers) {
        ByteBuf in = join(input);
        if (waiting) {
            held = in;
        } else {
            read(in, false, answers);
        }
    }

    /** The error that was waited with is the client's. */
    void goOn(Answers answers) {
        ByteBuf in = held;
        if (waiting && in != null) {
            waiting = false;
            held = null;
            read(in, true, answers);
        }
    }

    private void read(ByteBuf in, boolean firstIsSettled, Answers answers) {
        try {
            readAll(in, firstIsSettled, answers);
        } catch (ProtocolViolation violation) {
            answers.violated(violation);
        } finally {
            in.release();
        }
    }

    private ByteBuf join(ByteBuf input) {
        ByteBuf first = held;
        if (first == null) {
            return input;
        }
        held = null;
        first.writeBytes(input);
        input.release();
        return first;
    }

    private void readAll(ByteBuf in, boolean firstIsSettled, Answers answers) {
        int end = in.writerIndex();
        int at = in.readerIndex() + Math.min(passing, in.readableBytes());
        passing -= at - in.readerIndex();
        int settled = firstIsSettled ? at : -1;
        answers.begin(in);
        if (passing == 0) {
            answers.messageEnds(at);
        }
        while (end - at >= MessageHeader.HEADER_LENGTH) {
            byte type = in.getByte(at);
            int length = in.getInt(at + 1);
            MessageHeader.checkLength(type, length, MessageHeader.backendLimit(type));
            int next = at + 1 + length;
            boolean bulk = type == BackendType.DATA_ROW || type == BackendType.COPY_DATA;
            if (!bulk || answers.readsRows()) {
                if (next > end && (bulk || isRead(type)) && length <= MOST_HELD) {
                    break;
                }
                if (type == BackendType.ERROR_RESPONSE && next <= end && at != settled && answers.asksFirst(at, next)) {
                    answers.passUpTo(at);
                    held = in.alloc().buffer(end - at).writeBytes(in, at, end - at);
                    waiting = true;
                    return;
                }
                passing = Math.max(0, next - end);
                answers.answer(type, at, Math.min(next, end));
                if (answers.ended()) {
                    return;
                }
            }
            passing = Math.max(0, next - end);
            at = Math.min(next, end);
        }
        answers.passUpTo(at);
        if (answers.ended()) {
            return;
        }
        if (at < end) {
            held = in.alloc().buffer(Math.max(end - at, 256)).writeBytes(in, at, end - at);
        }
        answers.end();
    }

    private static boolean isRead(byte type) {
        return switch (type) {
            case BackendType.READY_FOR_QUERY,
                    BackendType.PARAMETER_STATUS,
                    BackendType.ERROR_RESPONSE,
                    BackendType.NOTIFICATION_RESPONSE,
                    BackendType.COMMAND_COMPLETE -> true;
            default -> false;
        };
    }
}
