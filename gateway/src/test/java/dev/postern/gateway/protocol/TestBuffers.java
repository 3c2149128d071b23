package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Counted buffers for one test: what is not released when it ends fails it. */
final class TestBuffers implements AfterEachCallback {
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    private final List<ByteBuf> toRelease = new ArrayList<>();

    /** Released by the extension; a decoder that released or retained it fails the test. */
    ByteBuf empty() {
        ByteBuf buffer = allocator.heapBuffer();
        toRelease.add(buffer);
        return buffer;
    }

    ByteBuf of(byte[] bytes) {
        return empty().writeBytes(bytes);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        for (ByteBuf buffer : toRelease) {
            assertThat(buffer.refCnt()).as("references to a buffer of the test").isOne();
            buffer.release();
        }
        assertThat(allocator.metric().usedHeapMemory()).as("bytes not released").isZero();
    }
}
