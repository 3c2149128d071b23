package dev.postern.gateway.backend;

import dev.postern.gateway.protocol.BackendMessage;
import dev.postern.gateway.protocol.BackendType;
import dev.postern.gateway.protocol.DataRow;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.Query;
import dev.postern.gateway.protocol.Value;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks a server that has just let us in whether it is what is wanted: one older than PostgreSQL 14 does not say so itself. */
final class TargetSessionHandler extends ByteToMessageDecoder {
    private final TargetSessionAttrs target;
    private final Done done;
    private final ServerLoginHandler.Done failures;
    private @Nullable Boolean accepts;

    /** The server's answer; it is ready for the next query. */
    interface Done {
        void answered(ChannelHandlerContext ctx, boolean accepts);
    }

    TargetSessionHandler(TargetSessionAttrs target, Done done, ServerLoginHandler.Done failures) {
        this.target = target;
        this.done = done;
        this.failures = failures;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ByteBuf out = ctx.alloc().buffer();
        new Query(target.question()).encode(out);
        ctx.writeAndFlush(out);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (in.readableBytes() < MessageHeader.HEADER_LENGTH) {
            return;
        }
        byte type = in.getByte(in.readerIndex());
        int length = in.getInt(in.readerIndex() + 1);
        MessageHeader.checkLength(
                type, length, Math.min(MessageHeader.backendLimit(type), MessageHeader.AUTH_MESSAGE_LIMIT));
        if (in.readableBytes() < 1 + length) {
            return;
        }
        received(ctx, type, in.readSlice(1 + length).skipBytes(MessageHeader.HEADER_LENGTH));
    }

    private void received(ChannelHandlerContext ctx, byte type, ByteBuf body) {
        switch (type) {
            case BackendType.PARAMETER_STATUS,
                    BackendType.NOTICE_RESPONSE,
                    BackendType.ROW_DESCRIPTION,
                    BackendType.COMMAND_COMPLETE -> {}
            case BackendType.DATA_ROW -> {
                List<Value> columns = ((DataRow) BackendMessage.decode(type, body)).columns();
                accepts = columns.size() == 1
                        && columns.getFirst().asText().map("t"::equals).orElse(false);
            }
            case BackendType.ERROR_RESPONSE -> {
                ErrorResponse error = (ErrorResponse) BackendMessage.decode(type, body);
                failures.failed(OpenFailure.unreachable(
                        "a server did not say whether it is " + target.keyword() + ": " + error.message()));
            }
            case BackendType.READY_FOR_QUERY -> {
                Boolean answer = accepts;
                if (answer == null) {
                    throw new ProtocolViolation("no row came");
                }
                done.answered(ctx, answer);
            }
            default -> throw new ProtocolViolation("backend message type " + (char) type + " out of place");
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        failures.failed(OpenFailure.unreachable(
                "a server closed the connection when it was asked whether it is " + target.keyword()));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failures.failed(OpenFailure.unreachable(
                "asking whether a server is " + target.keyword() + " failed: " + cause.getMessage()));
    }
}
