package dev.postern.auth.password;

import com.ongres.scram.common.StringPreparation;
import dev.postern.auth.Secret;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A password made ready for SCRAM as PostgreSQL does it: SASLprep (RFC 4013) where it applies, and the bytes as they
 * came where they are not UTF-8 or hold what SASLprep prohibits.
 */
final class PreparedPassword {
    private PreparedPassword() {}

    /** A fresh array; the caller wipes it. */
    static byte[] of(Secret password) {
        byte[] raw = password.copy();
        if (isAscii(raw)) {
            return raw;
        }
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw));
            char[] chars = new char[text.remaining()];
            text.get(chars);
            char[] prepared = StringPreparation.POSTGRESQL_PREPARATION.normalize(chars);
            byte[] result = bytes(prepared);
            Arrays.fill(raw, (byte) 0);
            Arrays.fill(chars, '\0');
            Arrays.fill(prepared, '\0');
            return result;
        } catch (CharacterCodingException | IllegalArgumentException e) {
            return raw;
        }
    }

    private static byte[] bytes(char[] text) throws CharacterCodingException {
        ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        byte[] bytes = new byte[utf8.remaining()];
        utf8.get(bytes);
        Arrays.fill(utf8.array(), (byte) 0);
        return bytes;
    }

    /** PostgreSQL leaves ASCII alone, control characters included. */
    private static boolean isAscii(byte[] bytes) {
        for (byte b : bytes) {
            if (b < 0) {
                return false;
            }
        }
        return true;
    }
}
