package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random bytes and messages in random order, either way: nothing is thrown, and everything is released. */
class LinkFuzzTest {
    private static final List<byte[]> FROM_CLIENT = List.of(
            Frames.query("select 1"),
            Frames.parse("a", "x"),
            Frames.parse("b", "y"),
            Frames.parse("c", "z"),
            Frames.parse("", "u"),
            Frames.bind("a"),
            Frames.bind("b"),
            Frames.bind(""),
            Frames.describe("c"),
            Frames.describe(""),
            Frames.execute(),
            Frames.close("a"),
            Frames.close("b"),
            Frames.close(""),
            Frames.sync(),
            Frames.sync(),
            Frames.copyData("1"),
            Frames.copyDone(),
            Frames.frame('f', "no."),
            Frames.frame('H', ""),
            Frames.frame('F', "...."));
    private static final List<byte[]> FROM_SERVER = List.of(
            Frames.parseComplete(),
            Frames.bindComplete(),
            Frames.closeComplete(),
            Frames.rowDescription(),
            Frames.row("1"),
            Frames.complete("SELECT 1"),
            Frames.complete("SET"),
            Frames.complete("DISCARD ALL"),
            Frames.complete("DEALLOCATE ALL"),
            Frames.error("26000"),
            Frames.error("0A000"),
            Frames.error("22012"),
            Frames.copyInResponse(),
            Frames.parameterStatus("TimeZone", "UTC"),
            Frames.ready('I'),
            Frames.ready('T'),
            Frames.ready('E'),
            Frames.frame('N', "Shm.."),
            Frames.frame('n', ""));

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void throwsNothingAndReleasesEverything(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int round = 0; round < 1500; round++) {
            StatementCache cache = new StatementCache(new StatementMemory());
            Pair pair = new Pair(
                    LinkMode.shared(random.nextInt(5) != 0, random.nextBoolean()), cache, 1 + random.nextInt(2));
            boolean[] over = {false};
            pair.client.end = () -> {
                over[0] = true;
                pair.end();
            };
            for (int step = 0; step < 30 && !over[0] && pair.server.violation == null; step++) {
                boolean byClient = random.nextBoolean();
                pair.pass(byClient, bytes(random, byClient ? FROM_CLIENT : FROM_SERVER));
            }
            if (!over[0]) {
                pair.end();
            }
            assertThat(pair.bytesNotReleased())
                    .as("seed %s round %s", seed, round)
                    .isZero();
            assertThat(cache.size())
                    .as("seed %s round %s: statements", seed, round)
                    .isZero();
        }
    }

    private static byte[] bytes(RandomGenerator random, List<byte[]> messages) {
        byte[] bytes = Frames.join(
                messages.get(random.nextInt(messages.size())), messages.get(random.nextInt(messages.size())));
        switch (random.nextInt(12)) {
            case 0 -> random.nextBytes(bytes);
            case 1 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            case 2 -> bytes = java.util.Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
            default -> {}
        }
        return bytes;
    }
}
