package dev.postern.gateway.protocol;

import dev.postern.auth.Secret;
import io.netty.buffer.ByteBuf;

/**
 * A further message of the SASL exchange.
 *
 * @param data the mechanism's own; a proof or a token, so kept as a secret
 */
public record SASLResponse(Secret data) implements FrontendMessage {

    public static SASLResponse decode(ByteBuf body) {
        return new SASLResponse(new BodyReader(body).rest());
    }

    @Override
    public byte type() {
        return FrontendType.PASSWORD_MESSAGE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.secret(out, data);
    }
}
