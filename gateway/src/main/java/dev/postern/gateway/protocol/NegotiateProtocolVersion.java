package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * The server speaks an older minor version than was asked for, or not all protocol options. The client goes on by it.
 *
 * @param newestSupported on the wire the whole number (196610 for 3.2): the manual speaks of a minor version, but PostgreSQL
 *     has always sent, and libpq reads, both halves
 * @param unrecognizedOptions names of {@code _pq_.} parameters
 */
public record NegotiateProtocolVersion(ProtocolVersion newestSupported, List<String> unrecognizedOptions)
        implements BackendMessage {

    static NegotiateProtocolVersion decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        ProtocolVersion newest = ProtocolVersion.ofCode(reader.int32());
        int count = reader.count32(1);
        List<String> options = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            options.add(reader.string());
        }
        reader.end();
        return new NegotiateProtocolVersion(newest, List.copyOf(options));
    }

    @Override
    public byte type() {
        return BackendType.NEGOTIATE_PROTOCOL_VERSION;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeInt(newestSupported.code());
        out.writeInt(unrecognizedOptions.size());
        for (String option : unrecognizedOptions) {
            BodyWriter.string(out, option);
        }
    }
}
