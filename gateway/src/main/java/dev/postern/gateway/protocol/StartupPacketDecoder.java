package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads startup packets from what a client has sent so far. Stateless; each length is checked as soon as it is there and
 * before anything is allocated, so a client that never finishes costs the buffer of at most {@link #MAX_STARTUP_PACKET_LENGTH}.
 */
public final class StartupPacketDecoder {
    /** Bytes without the length word; the constant of this name in PostgreSQL's pqcomm.h. */
    public static final int MAX_STARTUP_PACKET_LENGTH = 10_000;

    private static final int LENGTH_WORD = Integer.BYTES;
    private static final int MIN_LENGTH = LENGTH_WORD + Integer.BYTES;
    private static final int MAX_LENGTH = LENGTH_WORD + MAX_STARTUP_PACKET_LENGTH;

    private StartupPacketDecoder() {}

    /**
     * The packet, having consumed exactly it; or empty, having consumed nothing, when bytes are missing.
     *
     * @throws ProtocolViolation when this is no startup packet or one of a protocol that is not spoken here
     */
    public static Optional<StartupPacket> decode(ByteBuf in) {
        if (in.readableBytes() < LENGTH_WORD) {
            return Optional.empty();
        }
        int length = in.getInt(in.readerIndex());
        if (length < MIN_LENGTH || length > MAX_LENGTH) {
            throw invalidLength();
        }
        if (in.readableBytes() < MIN_LENGTH) {
            return Optional.empty();
        }
        int code = in.getInt(in.readerIndex() + LENGTH_WORD);
        checkHeader(code, length);
        if (in.readableBytes() < length) {
            return Optional.empty();
        }
        ByteBuf body = in.readSlice(length).skipBytes(MIN_LENGTH);
        return Optional.of(
                switch (code) {
                    case SSLRequest.CODE -> new SSLRequest();
                    case GSSENCRequest.CODE -> new GSSENCRequest();
                    case CancelRequest.CODE -> cancelRequest(body);
                    default -> startupMessage(ProtocolVersion.ofCode(code), body);
                });
    }

    static void checkOutgoingLength(int length) {
        if (length > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "startup packet of " + length + " bytes (expected: at most " + MAX_LENGTH + ")");
        }
    }

    private static void checkHeader(int code, int length) {
        switch (code) {
            case SSLRequest.CODE, GSSENCRequest.CODE -> check(length == MIN_LENGTH);
            case CancelRequest.CODE -> {
                int keyLength = length - CancelRequest.LENGTH_WITHOUT_KEY;
                if (keyLength < BackendKeyData.MIN_KEY_LENGTH || keyLength > BackendKeyData.MAX_KEY_LENGTH) {
                    String message = "invalid length of cancel request packet";
                    throw new ProtocolViolation(new Refusal.MalformedCancelRequest(message), message);
                }
            }
            default -> checkVersion(ProtocolVersion.ofCode(code));
        }
    }

    private static void check(boolean lengthIsRight) {
        if (!lengthIsRight) {
            throw invalidLength();
        }
    }

    private static ProtocolViolation invalidLength() {
        return new ProtocolViolation("invalid length of startup packet");
    }

    private static void checkVersion(ProtocolVersion version) {
        if (version.major() != ProtocolVersion.LATEST.major()) {
            String message = "unsupported frontend protocol " + version + ": server supports " + ProtocolVersion.V3_0
                    + " to " + ProtocolVersion.LATEST;
            throw new ProtocolViolation(new Refusal.FeatureNotSupported(message), message);
        }
    }

    private static CancelRequest cancelRequest(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        return new CancelRequest(reader.int32(), reader.rest());
    }

    private static StartupMessage startupMessage(ProtocolVersion version, ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        Map<String, String> parameters = new LinkedHashMap<>();
        while (true) {
            String name = string(reader);
            if (name.isEmpty()) {
                break;
            }
            parameters.put(name, string(reader));
        }
        if (reader.remaining() > 0) {
            throw invalidLayout();
        }
        return new StartupMessage(version, parameters);
    }

    /** Names of roles and databases are compared before any client_encoding is known: UTF-8 or nothing. */
    private static String string(BodyReader reader) {
        if (reader.remaining() == 0) {
            throw invalidLayout();
        }
        String text = reader.string();
        if (WireText.hasLoneSurrogate(text)) {
            throw new ProtocolViolation("startup packet is not valid UTF-8");
        }
        return text;
    }

    private static ProtocolViolation invalidLayout() {
        return new ProtocolViolation("invalid startup packet layout: expected terminator as last byte");
    }
}
