package dev.postern.gateway.backend;

import dev.postern.gateway.protocol.BackendMessage;
import dev.postern.gateway.protocol.BackendType;
import dev.postern.gateway.protocol.DataRow;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.ParameterStatus;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.Query;
import dev.postern.gateway.protocol.Value;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A query of the gateway's own on a connection that has just been let in, before anybody gets it. */
final class FirstQuery extends ByteToMessageDecoder {
    /** A row of it, or an error, is short; a longer one is no answer to be waited for. */
    private static final int MOST_LENGTH = MessageHeader.AUTH_MESSAGE_LIMIT;

    private final String sql;
    private final Map<String, String> parameters;
    private final Done done;
    private final ServerLoginHandler.Done failures;
    private Optional<String> value = Optional.empty();
    private Optional<ErrorResponse> error = Optional.empty();

    /** The server is ready for the next query. */
    interface Done {
        /** @param value the first column of the last row, where there was one */
        void answered(ChannelHandlerContext ctx, Optional<String> value, Optional<ErrorResponse> error);
    }

    /** @param parameters what the server has reported; what it reports meanwhile is put in */
    FirstQuery(String sql, Map<String, String> parameters, Done done, ServerLoginHandler.Done failures) {
        this.sql = sql;
        this.parameters = parameters;
        this.done = done;
        this.failures = failures;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ByteBuf out = ctx.alloc().buffer();
        new Query(sql).encode(out);
        ctx.writeAndFlush(out);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        ByteBuf message = MessageHeader.readWhole(in, MOST_LENGTH);
        if (message != null) {
            byte type = message.getByte(message.readerIndex());
            received(ctx, type, message.skipBytes(MessageHeader.HEADER_LENGTH));
        }
    }

    private void received(ChannelHandlerContext ctx, byte type, ByteBuf body) {
        switch (type) {
            case BackendType.NOTICE_RESPONSE,
                    BackendType.ROW_DESCRIPTION,
                    BackendType.EMPTY_QUERY_RESPONSE,
                    BackendType.COMMAND_COMPLETE -> {}
            case BackendType.PARAMETER_STATUS -> {
                ParameterStatus status = (ParameterStatus) BackendMessage.decode(type, body);
                parameters.put(status.name(), status.value());
            }
            case BackendType.DATA_ROW -> {
                List<Value> columns = ((DataRow) BackendMessage.decode(type, body)).columns();
                value = columns.isEmpty()
                        ? Optional.empty()
                        : columns.getFirst().asText();
            }
            case BackendType.ERROR_RESPONSE -> error = Optional.of((ErrorResponse) BackendMessage.decode(type, body));
            case BackendType.READY_FOR_QUERY -> {
                if (body.getByte(body.readerIndex()) != 'I') {
                    throw new ProtocolViolation("it has left a transaction open");
                }
                done.answered(ctx, value, error);
            }
            default -> throw new ProtocolViolation("backend message type " + (char) type + " out of place");
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        failures.failed(OpenFailure.unreachable("the server closed the connection at the first query"
                + error.map(words -> ": " + words.message()).orElse("")));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Throwable root = cause.getCause() == null ? cause : cause.getCause();
        failures.failed(OpenFailure.unreachable("the first query failed: " + root.getMessage()));
    }
}
