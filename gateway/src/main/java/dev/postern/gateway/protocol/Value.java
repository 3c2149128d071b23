package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A column of a DataRow, a parameter of a Bind, an argument or result of a FunctionCall: NULL or bytes. */
public sealed interface Value {
    Value NULL = new Null();

    /** SQL NULL: length -1 on the wire. */
    record Null() implements Value {}

    /**
     * @param bytes in the format that goes with it, text or binary. After decode a view of the message's body: valid as long
     *     as that is, not retained.
     */
    record Bytes(ByteBuf bytes) implements Value {}

    /** UTF-8 of the text, on the heap: nothing to release. */
    static Value text(String text) {
        return new Bytes(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
    }

    default boolean isNull() {
        return this instanceof Null;
    }

    /** The bytes read as UTF-8; empty for NULL. */
    default Optional<String> asText() {
        return switch (this) {
            case Null ignored -> Optional.empty();
            case Bytes(ByteBuf bytes) -> Optional.of(bytes.toString(StandardCharsets.UTF_8));
        };
    }
}
