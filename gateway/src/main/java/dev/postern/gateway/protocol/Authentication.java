package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** The messages of type {@code R}, told apart by an Int32 code. */
public sealed interface Authentication extends BackendMessage
        permits AuthenticationOk,
                AuthenticationCleartextPassword,
                AuthenticationMD5Password,
                AuthenticationSASL,
                AuthenticationSASLContinue,
                AuthenticationSASLFinal,
                AuthenticationUnsupported {
    static Authentication decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        int code = reader.int32();
        Authentication message = switch (code) {
            case AuthenticationOk.CODE -> new AuthenticationOk();
            case AuthenticationCleartextPassword.CODE -> new AuthenticationCleartextPassword();
            case AuthenticationMD5Password.CODE -> new AuthenticationMD5Password(reader.int32());
            case AuthenticationSASL.CODE -> AuthenticationSASL.decode(reader);
            case AuthenticationSASLContinue.CODE -> new AuthenticationSASLContinue(reader.rest());
            case AuthenticationSASLFinal.CODE -> new AuthenticationSASLFinal(reader.rest());
            default -> {
                // What follows the code of a method that is not spoken has no known layout.
                reader.rest();
                yield new AuthenticationUnsupported(code);
            }
        };
        reader.end();
        return message;
    }
}
