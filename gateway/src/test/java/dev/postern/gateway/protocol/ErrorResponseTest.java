package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ErrorResponseTest {
    @RegisterExtension
    final TestBuffers buffers = new TestBuffers();

    @Test
    void findsTheSqlStateWithoutMovingTheIndexes() {
        ByteBuf body = buffers.of(Wire.bytes("SERROR", '\0', "C40001", '\0', "Mx", '\0', '\0'));
        assertThat(ErrorResponse.sqlState(body)).hasValue("40001");
        assertThat(body.readerIndex()).isZero();
    }

    @Test
    void findsTheSqlStateBehindOtherMessagesInTheBuffer() {
        ByteBuf stream = buffers.of(Wire.bytes("C99999", '\0', "C57P01", '\0', '\0', "C11111", '\0'));
        stream.skipBytes(7);
        assertThat(ErrorResponse.sqlState(stream)).hasValue("57P01");
    }

    @Test
    void findsNoSqlStateWhereThereIsNone() {
        byte[][] bodies = {
            {},
            {0},
            Wire.bytes("SERROR", '\0', "Mx", '\0', '\0'),
            Wire.bytes("SERROR", '\0', "Mx"),
            Wire.bytes("C"),
            Wire.bytes("C40001"),
            Wire.bytes('C', '\0', '\0'),
            Wire.bytes("C4000", '\0', '\0'),
            Wire.bytes("C400011", '\0', '\0'),
            Wire.bytes("C4000a", '\0', '\0'),
            Wire.bytes("MC40001", '\0', '\0'),
            Wire.bytes('\0', "C40001", '\0'),
        };
        for (byte[] body : bodies) {
            assertThat(ErrorResponse.sqlState(buffers.of(body))).isEmpty();
        }
    }

    @Test
    void hasNoSqlStateWhereTheServerSentNone() {
        ByteBuf body = buffers.of(Wire.bytes("Mx", '\0', '\0'));
        ErrorResponse error = (ErrorResponse) BackendMessage.decode(BackendType.ERROR_RESPONSE, body);
        assertThat(error.sqlState()).isEmpty();
        assertThat(error.message()).isEqualTo("x");
    }

    @Test
    void keepsFieldsThatAreNotKnown() {
        ByteBuf body = buffers.of(Wire.bytes("?new", '\0', '\0'));
        ErrorResponse error = (ErrorResponse) BackendMessage.decode(BackendType.ERROR_RESPONSE, body);
        assertThat(error.field((byte) '?')).hasValue("new");
    }
}
