package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextLookTest {
    private static int look(String sql) {
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        return TextLook.of(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "select 1",
                "select _, a_config, set_confi, reset_ from t_",
                "select discard from t",
                "/* discard all",
                "-- discard all",
                "discards",
                "select 1;",
                "select 1; select 2"
            })
    void findsNothingInOrdinaryStatements(String sql) {
        assertThat(look(sql)).isZero();
    }

    @Test
    void findsSetConfigWhereverItStands() {
        for (int i = 0; i < 20; i++) {
            assertThat(look(" ".repeat(i) + "select SET_config('a', 'b', false)"))
                    .isEqualTo(TextLook.SET_CONFIG);
        }
        assertThat(look("set_config")).isEqualTo(TextLook.SET_CONFIG);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "discard all",
                "DISCARD ALL;",
                "  \n\tDeallocate x",
                "deallocate",
                "-- comment\ndiscard all",
                "/* a /* nested */ one */ discard all",
                "select 1; discard all",
                "select 'twelve bytes'; /**/ discard all; select 2"
            })
    void findsWhatForgetsStatements(String sql) {
        assertThat(look(sql)).isEqualTo(TextLook.FORGETS);
    }
}
