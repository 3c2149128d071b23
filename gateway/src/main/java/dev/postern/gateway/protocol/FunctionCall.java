package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * Calls a function by its object id (the "fast path", which large objects of pgjdbc use).
 *
 * @param functionId object id of the function
 * @param argumentFormats none (all text), one for all, or one for each argument
 * @param arguments views of the body after decode
 * @param resultFormat of the FunctionCallResponse
 */
public record FunctionCall(int functionId, List<Format> argumentFormats, List<Value> arguments, Format resultFormat)
        implements FrontendMessage {

    static FunctionCall decode(ByteBuf body) {
        BodyReader reader = new BodyReader(body);
        FunctionCall message = new FunctionCall(
                reader.int32(),
                reader.formats(),
                reader.values(reader.count16(Integer.BYTES)),
                Format.of(reader.int16()));
        reader.end();
        return message;
    }

    @Override
    public byte type() {
        return FrontendType.FUNCTION_CALL;
    }

    @Override
    public void encodeBody(ByteBuf out) {
        out.writeInt(functionId);
        BodyWriter.formats(out, argumentFormats);
        BodyWriter.values(out, arguments);
        out.writeShort(resultFormat.code());
    }
}
