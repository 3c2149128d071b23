package dev.postern.gateway.protocol;

import dev.postern.auth.Secret;
import io.netty.buffer.ByteBuf;

/**
 * A message of a GSSAPI or SSPI exchange, which is not offered here.
 *
 * @param data the mechanism's own
 */
public record GSSResponse(Secret data) implements FrontendMessage {

    public static GSSResponse decode(ByteBuf body) {
        return new GSSResponse(new BodyReader(body).rest());
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
