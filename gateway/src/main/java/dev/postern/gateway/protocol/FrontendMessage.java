package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/** A message that a client sends after the startup packet. */
public sealed interface FrontendMessage extends Message
        permits Bind,
                Close,
                CopyData,
                CopyDone,
                CopyFail,
                Describe,
                Execute,
                Flush,
                FunctionCall,
                GSSResponse,
                Parse,
                PasswordMessage,
                Query,
                SASLInitialResponse,
                SASLResponse,
                Sync,
                Terminate {
    /**
     * Decodes one message; {@code ByteBuf} components of the result are views of the body.
     *
     * @param body exactly the bytes after the length word; consumed
     * @throws ProtocolViolation when there is no such type (or it is {@code p}, whose four messages have their own decoders), or the body is not exactly such a message
     */
    static FrontendMessage decode(byte type, ByteBuf body) {
        return switch (type) {
            case FrontendType.BIND -> Bind.decode(body);
            case FrontendType.CLOSE -> Close.decode(body);
            case FrontendType.COPY_DATA -> CopyData.decode(body);
            case FrontendType.COPY_DONE -> CopyDone.decode(body);
            case FrontendType.COPY_FAIL -> CopyFail.decode(body);
            case FrontendType.DESCRIBE -> Describe.decode(body);
            case FrontendType.EXECUTE -> Execute.decode(body);
            case FrontendType.FLUSH -> Flush.decode(body);
            case FrontendType.FUNCTION_CALL -> FunctionCall.decode(body);
            case FrontendType.PARSE -> Parse.decode(body);
            case FrontendType.QUERY -> Query.decode(body);
            case FrontendType.SYNC -> Sync.decode(body);
            case FrontendType.TERMINATE -> Terminate.decode(body);
            default -> throw new ProtocolViolation("invalid frontend message type " + Byte.toUnsignedInt(type));
        };
    }
}
