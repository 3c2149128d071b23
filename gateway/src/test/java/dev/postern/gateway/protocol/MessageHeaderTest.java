package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MessageHeaderTest {
    @Test
    void limitsClientMessagesAsPostgreSQLDoes() {
        for (char type : "QPBFd".toCharArray()) {
            assertThat(MessageHeader.frontendLimit((byte) type)).isEqualTo(1_073_741_822);
        }
        for (char type : "DECSHXcf".toCharArray()) {
            assertThat(MessageHeader.frontendLimit((byte) type)).isEqualTo(10_000);
        }
    }

    @Test
    void limitsServerMessagesAsLibpqDoes() {
        for (char type : "TDdVENA".toCharArray()) {
            assertThat(MessageHeader.backendLimit((byte) type)).isEqualTo(1_073_741_822);
        }
        for (char type : "RK23CWcGHIvnS1sZ".toCharArray()) {
            assertThat(MessageHeader.backendLimit((byte) type)).isEqualTo(30_000);
        }
    }

    @Test
    void takesADescriptionOfAllParameters() {
        assertThat(MessageHeader.backendLimit(BackendType.PARAMETER_DESCRIPTION))
                .isEqualTo(4 + 2 + 65_535 * 4);
    }

    @Test
    void takesLengthsFromFourToTheLimit() {
        MessageHeader.checkLength(FrontendType.QUERY, 4, 100);
        MessageHeader.checkLength(FrontendType.QUERY, 100, 100);
        for (int length : new int[] {3, 0, -1, Integer.MIN_VALUE, 101, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> MessageHeader.checkLength(FrontendType.QUERY, length, 100))
                    .isInstanceOf(ProtocolViolation.class);
        }
    }
}
