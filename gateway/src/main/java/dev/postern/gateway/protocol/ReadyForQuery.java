package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * The server has finished and waits for the next query.
 *
 * @param status of the transaction
 */
public record ReadyForQuery(TransactionStatus status) implements BackendMessage {

    static ReadyForQuery decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        ReadyForQuery message = new ReadyForQuery(TransactionStatus.of(reader.int8()));
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return BackendType.READY_FOR_QUERY;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeByte(status.code());
    }
}
