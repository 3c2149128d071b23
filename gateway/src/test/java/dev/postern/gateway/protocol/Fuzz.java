package dev.postern.gateway.protocol;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Seeded random input for a decoder: random bytes, and valid input with bytes changed, cut out or put in. */
final class Fuzz {
    /** So many bytes may be allocated for one of input: a record, a list entry and a view for each element of four bytes. */
    private static final int ALLOCATED_PER_BYTE = 256;

    private static final int ALLOCATED_AT_LEAST = 64 * 1024;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final RandomGenerator random;
    private final List<byte[]> seeds;
    private int taken;

    Fuzz(long seed, List<byte[]> seeds) {
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.seeds = seeds;
    }

    /**
     * Gives the decoder so many inputs. It may throw {@link ProtocolViolation} alone, must not change the reference count,
     * and must not allocate more than the input explains.
     *
     * @return how many inputs were taken
     */
    int run(int iterations, Consumer<ByteBuf> decoder) {
        taken = 0;
        for (int i = 0; i < iterations; i++) {
            byte[] input = i % 3 == 0 ? randomBytes() : mutated();
            long limit = ALLOCATED_AT_LEAST + (long) ALLOCATED_PER_BYTE * input.length;
            try {
                long allocated = decode(input, decoder);
                // Loading classes allocates as well, but only once.
                if (allocated > limit && decode(input, decoder) > limit) {
                    throw new AssertionError(allocated + " bytes allocated");
                }
            } catch (RuntimeException | Error e) {
                throw new AssertionError(
                        "iteration " + i + ": " + HexFormat.of().formatHex(input), e);
            }
        }
        return taken;
    }

    private long decode(byte[] input, Consumer<ByteBuf> decoder) {
        ByteBuf buffer = Unpooled.wrappedBuffer(input);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            decoder.accept(buffer);
            taken++;
        } catch (ProtocolViolation expected) {
            // The only answer there is to a bad input.
        }
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        if (buffer.refCnt() != 1) {
            throw new AssertionError(buffer.refCnt() + " references");
        }
        return allocated;
    }

    private byte[] randomBytes() {
        byte[] bytes = new byte[random.nextInt(64)];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] mutated() {
        byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
        for (int n = random.nextInt(4); n > 0 && bytes.length > 0; n--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] = INTERESTING[random.nextInt(INTERESTING.length)];
                case 2 -> bytes = Wire.bytes(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at + 1, bytes.length));
                default ->
                    bytes = Wire.bytes(
                            Arrays.copyOf(bytes, at),
                            new byte[random.nextInt(8)],
                            Arrays.copyOfRange(bytes, at, bytes.length));
            }
        }
        return bytes;
    }

    private static final byte[] INTERESTING = {0, 1, 4, 0x7F, (byte) 0x80, (byte) 0xFF, (byte) 0xC3, (byte) 0xED};
}
