package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * Text of the wire as {@code String}, without loss. After startup the bytes are in the session's client_encoding, which
 * this package does not know; nearly always it is UTF-8. A byte that is not part of valid UTF-8 becomes the lone
 * surrogate U+DC00 + byte, which no valid UTF-8 decodes to, and becomes that byte again when written. So two different
 * byte strings are never the same {@code String}, and a Latin-1 client's query text can be a key or be sent on.
 */
final class WireText {
    private static final char REPLACEMENT = '\uFFFD';
    private static final int ESCAPE_BASE = 0xDC00;

    private WireText() {}

    /** Reads so many bytes, which the caller has checked to be there. */
    static String read(ByteBuf in, int length) {
        String text = in.toString(in.readerIndex(), length, StandardCharsets.UTF_8);
        if (text.indexOf(REPLACEMENT) >= 0) {
            text = readEscaped(in, length);
        }
        in.skipBytes(length);
        return text;
    }

    static void write(ByteBuf out, String text) {
        if (!hasLoneSurrogate(text)) {
            ByteBufUtil.writeUtf8(out, text);
            return;
        }
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (isPair(text, i)) {
                i++;
                continue;
            }
            if (c < ESCAPE_BASE + 0x80 || c > ESCAPE_BASE + 0xFF) {
                throw new IllegalArgumentException("text with half a surrogate pair");
            }
            ByteBufUtil.writeUtf8(out, text, from, i);
            out.writeByte(c - ESCAPE_BASE);
            from = i + 1;
        }
        ByteBufUtil.writeUtf8(out, text, from, text.length());
    }

    /** Whether the text was not valid UTF-8 on the wire. */
    static boolean hasLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!isPair(text, i)) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    private static boolean isPair(String text, int high) {
        return high + 1 < text.length() && Character.isSurrogatePair(text.charAt(high), text.charAt(high + 1));
    }

    private static String readEscaped(ByteBuf in, int length) {
        byte[] bytes = new byte[length];
        in.getBytes(in.readerIndex(), bytes);
        ByteBuffer left = ByteBuffer.wrap(bytes);
        CharBuffer text = CharBuffer.allocate(length);
        CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
        for (CoderResult result = utf8.decode(left, text, true);
                result.isError();
                result = utf8.decode(left, text, true)) {
            for (int i = result.length(); i > 0; i--) {
                text.put((char) (ESCAPE_BASE + Byte.toUnsignedInt(left.get())));
            }
        }
        return text.flip().toString();
    }
}
