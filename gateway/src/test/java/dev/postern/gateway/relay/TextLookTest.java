package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
                "select temperature, templates, timestamp, company from attempts",
                "create table temporaries (t int)",
                "select pg_advisory_xact_lock(1), pg_try_advisory_xact_lock(2), pg_advisory_unlock(3)",
                "prepare transaction 'x'",
                "declare c cursor without hold for select 'with hold'",
                "declare c cursor for select 'with hold'",
                "listener",
                "loads"
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
                "reset all",
                "close all; Reset ALL",
                "select 'twelve bytes'; /**/ discard all; select 2"
            })
    void findsWhatForgetsStatements(String sql) {
        assertThat(look(sql) & ~TextLook.MORE).isEqualTo(TextLook.FORGETS);
    }

    @Test
    void findsASetThatIsAReset() {
        int reset = TextLook.SETS | TextLook.SETS_DEFAULT | TextLook.FORGETS;
        assertThat(look("set x to default")).isEqualTo(reset);
        assertThat(look("SET x = DEFAULT;") & ~TextLook.MORE).isEqualTo(reset);
        assertThat(look("select 1; set x=default") & ~TextLook.MORE).isEqualTo(reset);
        assertThat(look("set default_transaction_read_only = on")).isEqualTo(TextLook.SETS);
        assertThat(look("set local x to default")).isEqualTo(TextLook.SETS);
        assertThat(look("resetting")).isZero();
    }

    @Test
    void tellsOneStatementFromSeveral() {
        assertThat(look("select 1; -- and no more\n")).isZero();
        assertThat(look("select 1; \0")).isZero();
        assertThat(look("select 1; select 2")).isEqualTo(TextLook.MORE);
    }

    @Test
    void findsTemporaryObjectsWhereverTheyStand() {
        for (int i = 0; i < 20; i++) {
            String before = " ".repeat(i);
            assertThat(look(before + "select 1 into TEMP t")).isEqualTo(TextLook.MAY_STAY);
            assertThat(look(before + "select 1 into temporary t")).isEqualTo(TextLook.MAY_STAY);
            assertThat(look(before + "create table pg_temp.t (n int)")).isEqualTo(TextLook.MAY_STAY);
            assertThat(look(before + "values (pg_try_advisory_lock_shared(1))")).isEqualTo(TextLook.MAY_STAY);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "listen c | 16",
                "/**/ PREPARE p as select 1 | 32",
                "load 'x' | 64",
                "declare c binary scroll cursor with hold for select 1 | 128",
                "select pg_advisory_lock(1) | 256",
                "select pg_catalog.pg_try_advisory_lock_shared(1) | 256",
                "create local temporary table t (n int) | 512",
                "create temp view v as select 1; | 512",
                "create temp table t (n int) on commit drop | 0",
                "select 'listen c' | 0",
                "select 1; listen c | 0"
            })
    void tellsFromTheFirstStatementWhatStaysForCertain(String sql, int expected) {
        assertThat(look(sql) & TextLook.STAYS).isEqualTo(expected);
    }
}
