package dev.postern.gateway.protocol;

import dev.postern.auth.Secret;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Reads the fields of one message's body and checks each against the bytes that are there, before anything is allocated.
 * The texts are those PostgreSQL gives for the same fault (pqformat.c). Advances the reader index of the body.
 */
final class BodyReader {
    private final ByteBuf body;

    BodyReader(ByteBuf body) {
        this.body = body;
    }

    int remaining() {
        return body.readableBytes();
    }

    byte int8() {
        need(1);
        return body.readByte();
    }

    short int16() {
        need(Short.BYTES);
        return body.readShort();
    }

    int int32() {
        need(Integer.BYTES);
        return body.readInt();
    }

    /** A count of elements that take at least so many bytes each; Int16 counts go to 65,535, as the server reads them. */
    int count16(int leastBytesEach) {
        need(Short.BYTES);
        int count = body.readUnsignedShort();
        need(count * leastBytesEach);
        return count;
    }

    int count32(int leastBytesEach) {
        int count = int32();
        if (count < 0 || (long) count * leastBytesEach > body.readableBytes()) {
            throw insufficient();
        }
        return count;
    }

    /** A zero-terminated string; bytes that are not UTF-8 survive as {@link WireText} says. */
    String string() {
        int length = body.bytesBefore((byte) 0);
        if (length < 0) {
            throw new ProtocolViolation("invalid string in message");
        }
        String text = WireText.read(body, length);
        body.skipBytes(1);
        return text;
    }

    /** A view of the next bytes, not retained. */
    ByteBuf slice(int length) {
        need(length);
        return body.readSlice(length);
    }

    byte[] bytes(int length) {
        need(length);
        byte[] bytes = new byte[length];
        body.readBytes(bytes);
        return bytes;
    }

    Secret rest() {
        return Secret.ofBytes(bytes(body.readableBytes()));
    }

    /** Int32 length and bytes, or -1 for NULL. */
    Value value() {
        int length = int32();
        return length == -1 ? Value.NULL : new Value.Bytes(slice(length));
    }

    List<Value> values(int count) {
        List<Value> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(value());
        }
        return Collections.unmodifiableList(values);
    }

    /** Int16 count, then as many Int16 format codes. */
    List<Format> formats() {
        int count = count16(Short.BYTES);
        List<Format> formats = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            formats.add(Format.of(int16()));
        }
        return Collections.unmodifiableList(formats);
    }

    /** Int16 count, then as many Int32 object ids. */
    List<Integer> objectIds() {
        int count = count16(Integer.BYTES);
        List<Integer> ids = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ids.add(int32());
        }
        return Collections.unmodifiableList(ids);
    }

    /** The body has to end here. */
    void end() {
        if (body.isReadable()) {
            throw new ProtocolViolation("invalid message format");
        }
    }

    private void need(int bytes) {
        if (bytes < 0 || bytes > body.readableBytes()) {
            throw insufficient();
        }
    }

    private static ProtocolViolation insufficient() {
        return new ProtocolViolation("insufficient data left in message");
    }
}
