package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.Optional;
import java.util.function.Function;

/**
 * Takes whole messages from what has come in so far, for the states in which each message is read (login, auth_query,
 * console); the relay works on headers alone. Stateless. Type and length are checked as soon as each is there; a message that
 * is not complete is left where it is, so the caller's buffer grows to at most {@code maxLength} + 1 bytes.
 *
 * <p>Each method gives one message, having consumed exactly it, or empty, having consumed nothing. {@code ByteBuf}
 * components are views of {@code in}.
 */
public final class MessageDecoder {
    private MessageDecoder() {}

    /**
     * @param maxLength bytes, as the length word counts; the type's own limit applies as well
     * @throws ProtocolViolation when what is there is no such message
     */
    public static Optional<FrontendMessage> frontend(ByteBuf in, int maxLength) {
        if (!in.isReadable()) {
            return Optional.empty();
        }
        byte type = in.getByte(in.readerIndex());
        int limit = Math.min(maxLength, MessageHeader.frontendLimit(type));
        return whole(in, type, limit, body -> FrontendMessage.decode(type, body));
    }

    /**
     * @param maxLength bytes, as the length word counts; the type's own limit applies as well
     * @throws ProtocolViolation when what is there is no such message
     */
    public static Optional<BackendMessage> backend(ByteBuf in, int maxLength) {
        if (!in.isReadable()) {
            return Optional.empty();
        }
        byte type = in.getByte(in.readerIndex());
        int limit = Math.min(maxLength, MessageHeader.backendLimit(type));
        return whole(in, type, limit, body -> BackendMessage.decode(type, body));
    }

    /**
     * A message of type {@code p}, at most {@link MessageHeader#AUTH_MESSAGE_LIMIT} long.
     *
     * @param decoder the one of the message that the authentication under way expects, such as
     *     {@code SASLResponse::decode}
     * @throws ProtocolViolation when what is there is no such message
     */
    public static <T extends FrontendMessage> Optional<T> password(ByteBuf in, Function<ByteBuf, T> decoder) {
        if (!in.isReadable()) {
            return Optional.empty();
        }
        byte type = in.getByte(in.readerIndex());
        if (type != FrontendType.PASSWORD_MESSAGE) {
            throw new ProtocolViolation("expected password response, got message type " + Byte.toUnsignedInt(type));
        }
        return whole(in, type, MessageHeader.AUTH_MESSAGE_LIMIT, decoder);
    }

    private static <T> Optional<T> whole(ByteBuf in, byte type, int limit, Function<ByteBuf, T> decoder) {
        if (in.readableBytes() < MessageHeader.HEADER_LENGTH) {
            return Optional.empty();
        }
        int length = in.getInt(in.readerIndex() + 1);
        MessageHeader.checkLength(type, length, limit);
        if (in.readableBytes() < 1 + length) {
            return Optional.empty();
        }
        ByteBuf body = in.readSlice(1 + length).skipBytes(MessageHeader.HEADER_LENGTH);
        return Optional.of(decoder.apply(body));
    }
}
