package dev.postern.gateway.protocol;

import dev.postern.auth.Secret;
import io.netty.buffer.ByteBuf;
import java.util.Optional;

/**
 * The client chooses a SASL mechanism.
 *
 * @param mechanism its name, such as SCRAM-SHA-256
 * @param initialResponse the mechanism's first message; empty where none came (length -1)
 */
public record SASLInitialResponse(String mechanism, Optional<Secret> initialResponse) implements FrontendMessage {

    public static SASLInitialResponse decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        String mechanism = reader.string();
        int length = reader.int32();
        Optional<Secret> initialResponse =
                length == -1 ? Optional.empty() : Optional.of(Secret.ofBytes(reader.bytes(length)));
        reader.end();
        return new SASLInitialResponse(mechanism, initialResponse);
    }

    @Override
    public byte type() {
        return FrontendType.PASSWORD_MESSAGE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.string(out, mechanism);
        out.writeInt(initialResponse.map(Secret::length).orElse(-1));
        initialResponse.ifPresent(data -> BodyWriter.secret(out, data));
    }
}
