package dev.postern.gateway.protocol;

import dev.postern.auth.Secret;
import io.netty.buffer.ByteBuf;

/**
 * The answer to AuthenticationCleartextPassword or AuthenticationMD5Password. Type {@code p} means four messages; which one
 * is meant only the authentication under way knows, so each has its own decoder.
 *
 * @param password the password, or {@code md5} and 32 hex digits; without the terminator
 */
public record PasswordMessage(Secret password) implements FrontendMessage {

    public static PasswordMessage decode(ByteBuf body) {
        int length = body.bytesBefore((byte) 0);
        if (length != body.readableBytes() - 1) {
            throw new ProtocolViolation("invalid password packet size");
        }
        BodyReader reader = new BodyReader(body);
        PasswordMessage message = new PasswordMessage(Secret.ofBytes(reader.bytes(length)));
        reader.int8();
        return message;
    }

    @Override
    public byte type() {
        return FrontendType.PASSWORD_MESSAGE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.secret(out, password);
        out.writeByte(0);
    }
}
