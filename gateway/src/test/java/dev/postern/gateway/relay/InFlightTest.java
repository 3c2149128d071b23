package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class InFlightTest {
    private final InFlight inFlight = new InFlight();

    @Test
    void keepsTheOrderOverEveryGrowth() {
        ArrayDeque<Byte> expected = new ArrayDeque<>();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(5) < 3) {
                byte request = (byte) (1 + random.nextInt(14));
                inFlight.add(request);
                inFlight.note(request);
                expected.add(request);
            } else if (!expected.isEmpty()) {
                assertThat(inFlight.peekNote()).isEqualTo(expected.peek());
                assertThat(inFlight.peek()).isEqualTo(expected.remove());
                inFlight.remove();
            }
            assertThat(inFlight.size()).isEqualTo(expected.size());
        }
    }

    @Test
    void hasNothingToSayWhenEmpty() {
        inFlight.remove();

        assertThat(inFlight.isEmpty()).isTrue();
        assertThat(inFlight.peek()).isZero();
        assertThat(inFlight.peekNote()).isNull();
        assertThat(inFlight.at(0)).isZero();
    }

    @Test
    void forgetsANoteWithItsEntry() {
        inFlight.add(Request.PARSE);
        inFlight.note("note");
        inFlight.remove();

        inFlight.add(Request.PARSE);

        assertThat(inFlight.peekNote()).isNull();
    }

    @Test
    void takesOutWhatFollowsTheOldestAcrossTheEndOfTheRing() {
        for (int i = 0; i < 14; i++) {
            inFlight.add(Request.BIND);
            inFlight.remove();
        }
        inFlight.add(Request.EXECUTE);
        inFlight.note("execute");
        inFlight.add(Request.SYNC);
        inFlight.add(Request.SYNC);
        inFlight.add(Request.PARSE);
        inFlight.note("parse");

        inFlight.removeBehindHead(2);

        assertThat(inFlight.peek()).isEqualTo(Request.EXECUTE);
        assertThat(inFlight.peekNote()).isEqualTo("execute");
        assertThat(inFlight.at(1)).isEqualTo(Request.PARSE);
        assertThat(inFlight.noteAt(1)).isEqualTo("parse");
        assertThat(inFlight.size()).isEqualTo(2);
    }

    @Test
    void dropsTheEndOfACopyThatNeverBegan() {
        inFlight.add(Request.QUERY);
        inFlight.add(Request.COPY_END);

        inFlight.remove();

        assertThat(inFlight.isEmpty()).isTrue();
    }

    @Test
    void isAsGoodAsNewAfterClear() {
        for (int i = 0; i < 100; i++) {
            inFlight.add(Request.BIND);
            inFlight.note("note");
        }

        inFlight.clear();

        inFlight.add(Request.SYNC);
        assertThat(inFlight.peek()).isEqualTo(Request.SYNC);
        assertThat(inFlight.peekNote()).isNull();
    }
}
