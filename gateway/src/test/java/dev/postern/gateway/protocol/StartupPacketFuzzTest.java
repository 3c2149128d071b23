package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class StartupPacketFuzzTest {
    @Test
    void refusesOrTakesAnyPacket() {
        List<byte[]> seeds = StartupPacketDecoderTest.samples().stream()
                .map(StartupPacketDecoderTest.Sample::wire)
                .toList();
        int taken = new Fuzz(1, seeds).run(200_000, StartupPacketDecoder::decode);
        assertThat(taken).isGreaterThan(10_000);
    }

    @Test
    void refusesOrTakesAnyOptions() {
        List<byte[]> seeds = List.of(Wire.bytes("-c a=1 --b=2 -cd=3\\ 4"));
        int taken =
                new Fuzz(2, seeds).run(200_000, in -> StartupOptions.parse(in.toString(StandardCharsets.ISO_8859_1)));
        assertThat(taken).isGreaterThan(10_000);
    }
}
