package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The five bytes before each message's body, and how long which message may be. A length counts itself but not the type
 * byte, as on the wire. All static and free of allocation: the relay asks for every message.
 */
public final class MessageHeader {
    /** Bytes: type and length word. */
    public static final int HEADER_LENGTH = 5;
    /** The smallest length word: it counts itself. */
    public static final int MIN_LENGTH = 4;
    /** Bytes; PostgreSQL's PQ_LARGE_MESSAGE_LIMIT: MaxAllocSize (1 GB - 1) less one. */
    public static final int LARGE_MESSAGE_LIMIT = 0x3FFF_FFFE;
    /** Bytes; PostgreSQL's PQ_SMALL_MESSAGE_LIMIT, for messages that carry names or nothing. */
    public static final int SMALL_MESSAGE_LIMIT = 10_000;
    /** Bytes; PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH: passwords and the SASL messages, which may carry tokens. */
    public static final int AUTH_MESSAGE_LIMIT = 65_535;
    /** Bytes; libpq's bound for server messages that carry no data: a longer one means that the stream is out of step. */
    public static final int SMALL_BACKEND_MESSAGE_LIMIT = 30_000;
    /** Bytes: a ParameterDescription with all 65,535 parameters. */
    private static final int PARAMETER_DESCRIPTION_LIMIT = MIN_LENGTH + Short.BYTES + 0xFFFF * Integer.BYTES;

    private MessageHeader() {}

    /**
     * A server's next message with its header, as a slice that is read over; null as long as it has not come whole.
     *
     * @param most the longest length word that is taken, however long the manual lets the type be
     * @throws ProtocolViolation when there is no such message, or it is longer; nothing is waited for then
     */
    public static @Nullable ByteBuf readWhole(ByteBuf in, int most) {
        if (in.readableBytes() < HEADER_LENGTH) {
            return null;
        }
        byte type = in.getByte(in.readerIndex());
        int length = in.getInt(in.readerIndex() + 1);
        checkLength(type, length, Math.min(backendLimit(type), most));
        return in.readableBytes() < 1 + length ? null : in.readSlice(1 + length);
    }

    /**
     * The longest length word of a client's message after the login (postgres.c, SocketBackend).
     *
     * @throws ProtocolViolation when there is no such message
     */
    public static int frontendLimit(byte type) {
        return switch (type) {
            case FrontendType.QUERY,
                    FrontendType.PARSE,
                    FrontendType.BIND,
                    FrontendType.FUNCTION_CALL,
                    FrontendType.COPY_DATA -> LARGE_MESSAGE_LIMIT;
            case FrontendType.DESCRIBE,
                    FrontendType.EXECUTE,
                    FrontendType.CLOSE,
                    FrontendType.SYNC,
                    FrontendType.FLUSH,
                    FrontendType.TERMINATE,
                    FrontendType.COPY_DONE,
                    FrontendType.COPY_FAIL -> SMALL_MESSAGE_LIMIT;
            default -> throw new ProtocolViolation("invalid frontend message type " + Byte.toUnsignedInt(type));
        };
    }

    /**
     * The longest length word of a server's message (fe-protocol3.c, VALID_LONG_MESSAGE_TYPE).
     *
     * @throws ProtocolViolation when there is no such message
     */
    public static int backendLimit(byte type) {
        return switch (type) {
            case BackendType.COPY_DATA,
                    BackendType.DATA_ROW,
                    BackendType.ERROR_RESPONSE,
                    BackendType.FUNCTION_CALL_RESPONSE,
                    BackendType.NOTICE_RESPONSE,
                    BackendType.NOTIFICATION_RESPONSE,
                    BackendType.ROW_DESCRIPTION -> LARGE_MESSAGE_LIMIT;
            case BackendType.PARAMETER_DESCRIPTION -> PARAMETER_DESCRIPTION_LIMIT;
            case BackendType.AUTHENTICATION,
                    BackendType.BACKEND_KEY_DATA,
                    BackendType.BIND_COMPLETE,
                    BackendType.CLOSE_COMPLETE,
                    BackendType.COMMAND_COMPLETE,
                    BackendType.COPY_BOTH_RESPONSE,
                    BackendType.COPY_DONE,
                    BackendType.COPY_IN_RESPONSE,
                    BackendType.COPY_OUT_RESPONSE,
                    BackendType.EMPTY_QUERY_RESPONSE,
                    BackendType.NEGOTIATE_PROTOCOL_VERSION,
                    BackendType.NO_DATA,
                    BackendType.PARAMETER_STATUS,
                    BackendType.PARSE_COMPLETE,
                    BackendType.PORTAL_SUSPENDED,
                    BackendType.READY_FOR_QUERY -> SMALL_BACKEND_MESSAGE_LIMIT;
            default -> throw new ProtocolViolation("invalid backend message type " + Byte.toUnsignedInt(type));
        };
    }

    /**
     * Checks a length word before anything is done by it.
     *
     * @throws ProtocolViolation when it is below {@link #MIN_LENGTH} or above max
     */
    public static void checkLength(byte type, int length, int max) {
        if (length < MIN_LENGTH || length > max) {
            throw new ProtocolViolation("invalid message length " + Integer.toUnsignedString(length)
                    + " of message type " + Byte.toUnsignedInt(type));
        }
    }
}
