package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.relay.SettingStatement.Passing;
import dev.postern.gateway.relay.SettingStatement.Resets;
import dev.postern.gateway.relay.SettingStatement.ResetsAll;
import dev.postern.gateway.relay.SettingStatement.Sets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingTextTest {
    private static @Nullable SettingStatement of(String sql) {
        ByteBuf text = Unpooled.wrappedBuffer(sql.getBytes(StandardCharsets.UTF_8));
        int to = text.writerIndex();
        return SettingText.of(TextLook.of(text, 0, to), text, 0, to);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "set work_mem = '64MB' | work_mem | 64MB",
                "SET SESSION Work_Mem TO 65536; | work_mem | 65536",
                "/* app */ set work_mem=5 -- five | work_mem | 5",
                "set extra_float_digits = -3 | extra_float_digits | -3",
                "set random_page_cost = 1.10 | random_page_cost | 1.10",
                "set cursor_tuple_fraction to 0.5 | cursor_tuple_fraction | 0.5",
                "set statement_timeout = 0 | statement_timeout | 0",
                "set enable_seqscan = OFF | enable_seqscan | off",
                "set enable_seqscan to true | enable_seqscan | true",
                "set client_min_messages to \"Warning\" | client_min_messages | Warning",
                "set myapp.who = 'it''s ann' | myapp.who | it's ann",
                "set local.who = 'x' | local.who | x",
                "set session.who to x | session.who | x",
                "set time.who = x | time.who | x",
                "set role App | role | app",
                "SET SESSION ROLE 'Two Words'; | role | Two Words",
                "set role \"App\" | role | App",
                "set role none | role | none",
                "set search_path = app | search_path | app",
                "set search_path to App, 'App' , \"$user\", public | search_path | app, \"App\", \"$user\", public",
                "set search_path = 'a, b' | search_path | \"a, b\"",
                "set search_path = '' | search_path | \"\"",
                "set search_path = 'user', time, \"a\"\"b\" | search_path | \"user\", \"time\", \"a\"\"b\"",
                "set default_transaction_read_only = on | default_transaction_read_only | on",
            })
    void readsPlainSets(String sql, String name, String value) {
        assertThat(of(sql)).isEqualTo(new Sets(Map.of(name, value)));
        assertThat(of(sql + "\0")).isEqualTo(new Sets(Map.of(name, value)));
    }

    @Test
    void readsTheCharacteristicsOfASession() {
        assertThat(of("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED"))
                .isEqualTo(new Sets(Map.of("default_transaction_isolation", "read committed")));
        assertThat(of("set session characteristics as transaction isolation level repeatable read, read only"))
                .isEqualTo(new Sets(Map.of(
                        "default_transaction_isolation", "repeatable read", "default_transaction_read_only", "on")));
        assertThat(of("set session characteristics as transaction read write not deferrable"))
                .isEqualTo(new Sets(
                        Map.of("default_transaction_read_only", "off", "default_transaction_deferrable", "off")));
        assertThat(of("set session characteristics as transaction isolation level"))
                .isNull();
    }

    /** They end with their transaction, or are reported by every server. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "set local work_mem = $$5MB$$",
                "SET LOCAL role to x",
                "set transaction isolation level serializable",
                "set session transaction read only",
                "set time zone -7",
                "set session time zone interval '1' hour",
                "set names 'latin1'",
                "set application_name = E'a\\\\b'",
                "set DateStyle to iso, dmy",
                "set client_encoding to utf8",
            })
    void knowsWhatNeedNotBeLearned(String sql) {
        assertThat(of(sql)).isInstanceOf(Passing.class);
    }

    @ParameterizedTest
    @CsvSource({
        "reset work_mem, work_mem",
        "RESET work_mem;, work_mem",
        "reset time zone, timezone",
        "reset role, role",
        "set work_mem to default, work_mem",
        "set work_mem = DEFAULT ;, work_mem",
        "set time zone local, timezone",
        "set time zone default, timezone",
        "set names, client_encoding",
        "set names default, client_encoding"
    })
    void readsPlainResets(String sql, String name) {
        assertThat(of(sql)).isEqualTo(new Resets(name));
    }

    @Test
    void readsResetAll() {
        assertThat(of(" RESET ALL ; ")).isEqualTo(new ResetsAll());
        assertThat(of("reset all x")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "select 1",
                "discard all",
                "set",
                "set work_mem",
                "set work_mem =",
                "set work_mem = '5MB",
                "set work_mem = '5MB'; select 1",
                "set work_mem = '5MB' '6MB'",
                "set work_mem = '5MB'\n'6MB'",
                "set work_mem = E'5MB'",
                "set work_mem = $$5MB$$",
                "set work_mem = U&'5MB'",
                "set work_mem = 5\\",
                "set myapp.who = 'back\\slash'",
                "set myapp.who = 'caf\u00e9'",
                "set myapp . who = 'x'",
                "set \"work_mem\" = 5",
                "set work_mem = 0x10",
                "set work_mem = 010",
                "set work_mem = +5",
                "set work_mem = -0",
                "set work_mem = 1_000",
                "set random_page_cost = 1e1",
                "set extra_float_digits = 12345678901",
                "set search_path = 1",
                "set search_path = a, e'b'",
                "set search_path = a,",
                "set log_destination = a, b",
                "set search_path = default, a",
                "set role",
                "set role x y",
                "set role = x",
                "set role to none",
                "set session authorization x",
                "set session_authorization = x",
                "set seed = 0.5",
                "set sort_mem = 5",
                "set transaction_isolation = 'serializable'",
                "set schema 'x'",
                "set xml option document",
                "reset session authorization",
                "reset transaction isolation level",
                "reset work_mem, x",
                "set work_mem = 5 -- x\r, 6"
            })
    void leavesTheOthersToTheServer(String sql) {
        assertThat(of(sql)).isNull();
    }

    @Test
    void leavesALongValueToTheServer() {
        assertThat(of("set myapp.who = '" + "x".repeat(8192) + "'")).isInstanceOf(Sets.class);
        assertThat(of("set myapp.who = '" + "x".repeat(8193) + "'")).isNull();
    }
}
