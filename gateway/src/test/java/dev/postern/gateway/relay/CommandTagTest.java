package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandTagTest {
    @ParameterizedTest
    @CsvSource({
        "SET, SET",
        "RESET, RESET",
        "DEALLOCATE ALL, DEALLOCATE_ALL",
        "DISCARD ALL, DISCARD_ALL",
        "DEALLOCATE, DEALLOCATE",
        "DISCARD PLANS, OTHER",
        "DELETE 1, OTHER",
        "SELECT 1, OTHER",
        "SET CONSTRAINTS, OTHER",
        "CREATE TABLE, MAY_STAY",
        "DECLARE CURSOR, MAY_STAY",
        "DO, MAY_STAY",
        "CALL, MAY_STAY",
        "LISTEN, MAY_STAY",
        "PREPARE, MAY_STAY",
        "PREPARE TRANSACTION, OTHER",
        "LOAD, LOAD",
        "LOCK TABLE, OTHER",
        "COMMIT, OTHER",
        "S, OTHER",
        "'', OTHER"
    })
    void tellsWhatChangedTheSession(String tag, CommandTag expected) {
        byte[] bytes = ("xx" + tag + "\0").getBytes(StandardCharsets.US_ASCII);

        assertThat(CommandTag.of(Unpooled.wrappedBuffer(bytes), 2)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"SET", "DISCARD ALL", "DEALLOCATE A", "D"})
    void readsNothingBehindTheBuffer(String cutOff) {
        byte[] bytes = cutOff.getBytes(StandardCharsets.US_ASCII);

        assertThat(CommandTag.of(Unpooled.wrappedBuffer(bytes), 0)).isEqualTo(CommandTag.OTHER);
    }
}
