package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;

/** Writes the small messages that the gateway makes itself, without making an object of them. */
public final class MessageWriter {
    private static final int EMPTY = MessageHeader.MIN_LENGTH;

    private MessageWriter() {}

    public static void writeReadyForQuery(ByteBuf out, byte status) {
        out.writeByte(BackendType.READY_FOR_QUERY);
        out.writeInt(EMPTY + 1);
        out.writeByte(status);
    }

    public static void writeParseComplete(ByteBuf out) {
        out.writeByte(BackendType.PARSE_COMPLETE);
        out.writeInt(EMPTY);
    }

    public static void writeCloseComplete(ByteBuf out) {
        out.writeByte(BackendType.CLOSE_COMPLETE);
        out.writeInt(EMPTY);
    }

    public static void writeSync(ByteBuf out) {
        out.writeByte(FrontendType.SYNC);
        out.writeInt(EMPTY);
    }

    public static void writeTerminate(ByteBuf out) {
        out.writeByte(FrontendType.TERMINATE);
        out.writeInt(EMPTY);
    }

    public static void writeQuery(ByteBuf out, String query) {
        int start = BodyWriter.begin(out, FrontendType.QUERY);
        BodyWriter.string(out, query);
        BodyWriter.end(out, start);
    }

    public static void writeParameterStatus(ByteBuf out, String name, String value) {
        int start = BodyWriter.begin(out, BackendType.PARAMETER_STATUS);
        BodyWriter.string(out, name);
        BodyWriter.string(out, value);
        BodyWriter.end(out, start);
    }

    /** @param newest the version to go on with; its whole number is sent, see {@link NegotiateProtocolVersion} */
    public static void writeNegotiateProtocolVersion(
            ByteBuf out, ProtocolVersion newest, List<String> unrecognizedOptions) {
        new NegotiateProtocolVersion(newest, unrecognizedOptions).encode(out);
    }
}
