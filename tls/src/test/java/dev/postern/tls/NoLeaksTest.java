package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;

class NoLeaksTest {
    @Test
    @SuppressWarnings("NullAway") // the extension does not look at its context
    void noticesALostBuffer() throws Exception {
        NoLeaks noLeaks = new NoLeaks();
        noLeaks.beforeAll(null);
        lose();
        assertThatThrownBy(() -> noLeaks.afterAll(null)).isInstanceOf(AssertionError.class);
    }

    private static void lose() {
        for (int i = 0; i < 50; i++) {
            ByteBufAllocator.DEFAULT.directBuffer();
        }
    }
}
