package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * Asks for {@code md5(md5(password + user) + salt)}.
 *
 * @param salt the four bytes, in the order of the wire
 */
public record AuthenticationMD5Password(int salt) implements Authentication {

    static final int CODE = 5;

    /** The salt as the hash takes it. */
    public byte[] saltBytes() {
        return new byte[] {(byte) (salt >>> 24), (byte) (salt >>> 16), (byte) (salt >>> 8), (byte) salt};
    }

    @Override
    public byte type() {
        return BackendType.AUTHENTICATION;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeInt(CODE);
        out.writeInt(salt);
    }
}
