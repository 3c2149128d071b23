package dev.postern.gateway.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Bytes of the wire, written down independently of the code under test. */
final class Wire {
    private Wire() {}

    /**
     * A character is one byte, a short two, an int four, a string its UTF-8 without a terminator, a byte array itself.
     */
    static byte[] bytes(Object... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Object part : parts) {
            bytes.writeBytes(
                    switch (part) {
                        case Character c -> new byte[] {(byte) (char) c};
                        case Short s -> ByteBuffer.allocate(2).putShort(s).array();
                        case Integer i -> ByteBuffer.allocate(4).putInt(i).array();
                        case String s -> s.getBytes(StandardCharsets.UTF_8);
                        case byte[] b -> b;
                        default ->
                            throw new IllegalArgumentException(part.getClass().getName());
                    });
        }
        return bytes.toByteArray();
    }

    /** A message: type, length word, body. */
    static byte[] message(char type, Object... body) {
        byte[] bytes = bytes(body);
        return bytes(type, bytes.length + 4, bytes);
    }

    /** A startup packet: length word, code, the rest. */
    static byte[] packet(int code, Object... rest) {
        byte[] bytes = bytes(rest);
        return bytes(bytes.length + 8, code, bytes);
    }
}
