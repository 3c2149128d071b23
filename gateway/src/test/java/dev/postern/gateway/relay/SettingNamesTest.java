package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingNamesTest {
    private static Set<String> names(String sql, int most) {
        ByteBuf text = Unpooled.copiedBuffer(sql, StandardCharsets.UTF_8);
        Set<String> names = new TreeSet<>();
        SettingNames.find(text, 0, text.readableBytes(), names, most);
        return names;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "set a.b = 1 | a.b",
                "/* x */ SET  Session My_App.User TO 'x' | my_app.user",
                "set local a.b.c = 1 | a.b.c",
                "begin; set a.b = 1; set c.d = 2 | a.b,c.d",
                "select set_config('a.b', 'c.d', false), SET_CONFIG ( E'x.y', $1, true) | a.b,x.y",
                "select pg_catalog.set_config('a.b','',false) | a.b",
                "set search_path = a.b | ''",
                "set session characteristics as transaction read only | ''",
                "select set_config('work_mem', 'a.b', false) | ''",
                "select set_config($1, 'a.b', false) | ''",
                "select set_config | ''",
                "select set_config('a.b | a.b",
                "set | ''",
                "set a. | a.",
                "update t set a.b = 1 | ''"
            })
    void findsThoseWithADot(String sql, String expected) {
        assertThat(String.join(",", names(sql, 10))).isEqualTo(expected.equals("''") ? "" : expected);
    }

    @Test
    void keepsToItsBounds() {
        assertThat(names("set a.b = 1; set c.d = 2; set e.f = 3", 2)).containsExactly("a.b", "c.d");
        assertThat(names("set a." + "b".repeat(200) + " = 1", 2)).isEmpty();
    }
}
