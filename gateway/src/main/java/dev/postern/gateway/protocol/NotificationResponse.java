package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * A NOTIFY that this session listens to.
 *
 * @param processId of the notifying server process
 * @param channel the name that was notified
 * @param payload empty where none was given
 */
public record NotificationResponse(int processId, String channel, String payload) implements BackendMessage {

    static NotificationResponse decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        NotificationResponse message = new NotificationResponse(reader.int32(), reader.string(), reader.string());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return BackendType.NOTIFICATION_RESPONSE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeInt(processId);
        BodyWriter.string(out, channel);
        BodyWriter.string(out, payload);
    }
}
