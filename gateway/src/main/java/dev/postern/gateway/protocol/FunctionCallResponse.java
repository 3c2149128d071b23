package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;

/**
 * The result of a FunctionCall.
 *
 * @param result a view of the body after decode
 */
public record FunctionCallResponse(Value result) implements BackendMessage {

    static FunctionCallResponse decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        FunctionCallResponse message = new FunctionCallResponse(reader.value());
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return BackendType.FUNCTION_CALL_RESPONSE;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        BodyWriter.value(out, result);
    }
}
