package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeallocateTest {
    private static String name(String sql) {
        ByteBuf text = Unpooled.copiedBuffer(sql, StandardCharsets.UTF_8);
        return String.valueOf(Deallocate.name(text, 0, text.readableBytes()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "deallocate s1 | s1",
                "/**/ DEALLOCATE PREPARE Stmt_1 ; ; | stmt_1",
                "deallocate \"My \"\"own\"\"\" | My \"own\"",
                "deallocate pdo_stmt_00000001 | pdo_stmt_00000001",
                "deallocate prepare | prepare",
                "deallocate prepare; | prepare"
            })
    void readsTheName(String sql, String expected) {
        assertThat(name(sql)).isEqualTo(expected);
        assertThat(name(sql + "\0rest")).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "deallocate",
                "deallocate ;",
                "deallocate all",
                "deallocate prepare all",
                "deallocate a; select 1",
                "deallocate a b",
                "deallocate \"",
                "deallocate \"a",
                "deallocate \"\"",
                "deallocates a",
                "discard all",
                "deallocate a1234567890123456789012345678901234567890123456789012345678901234"
            })
    void readsNothingElse(String sql) {
        assertThat(name(sql)).isEqualTo("null");
    }
}
