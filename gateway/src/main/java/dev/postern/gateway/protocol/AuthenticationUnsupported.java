package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * A method the gateway does not speak: 2 Kerberos V5, 6 SCM credentials, 7 GSS, 8 GSS continue, 9 SSPI. Decode only.
 *
 * @param code of the method
 */
public record AuthenticationUnsupported(int code) implements Authentication {

    @Override
    public byte type() {
        return BackendType.AUTHENTICATION;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        throw new UnsupportedOperationException("authentication method " + code);
    }
}
