package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HandshakeTurnsTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<String> begun = new ArrayList<>();
    private boolean busy;
    private final Handshakes handshakes = new Handshakes();
    private final HandshakeTurns turns = new HandshakeTurns(channel.eventLoop(), () -> busy, handshakes);

    private void submit(String name) {
        turns.submit(() -> begun.add(name));
    }

    /** One pass of the loop over its scheduled tasks. */
    private void nextTurn() {
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }

    @Test
    void beginsTheFirstAtOnceAndTheOthersInTurn() {
        channel.freezeTime();
        submit("a");
        submit("b");
        submit("c");
        assertThat(begun).containsExactly("a");
        assertThat(turns.waiting()).isEqualTo(2);
        nextTurn();
        assertThat(begun).containsExactly("a", "b");
        nextTurn();
        assertThat(begun).containsExactly("a", "b", "c");
        nextTurn();
        submit("d");
        assertThat(begun).containsExactly("a", "b", "c", "d");
    }

    @Test
    void givesNoTurnToOneThatHasLeftOrFails() {
        channel.freezeTime();
        submit("a");
        turns.submit(() -> false);
        turns.submit(() -> {
            throw new IllegalStateException("a bug");
        });
        submit("b");
        nextTurn();
        assertThat(begun).containsExactly("a", "b");
    }

    @Test
    void waitsWhileAsManyAreUnderWayAsMayBe() {
        channel.freezeTime();
        handshakes.limit(1);
        Promise<Void> first = new DefaultPromise<>(ImmediateEventExecutor.INSTANCE);
        turns.submit(() -> {
            handshakes.begun(first);
            return begun.add("a");
        });
        submit("b");
        nextTurn();
        assertThat(begun).containsExactly("a");
        assertThat(handshakes.underWay()).isEqualTo(1);
        assertThat(handshakes.waiting()).isEqualTo(1);
        first.setFailure(new IllegalStateException("it failed"));
        nextTurn();
        assertThat(begun).containsExactly("a", "b");
        assertThat(handshakes.underWay()).isZero();
        assertThat(handshakes.waiting()).isZero();
    }

    @Test
    void waitsWhileTheThreadsAreBusy() {
        channel.freezeTime();
        busy = true;
        submit("a");
        nextTurn();
        assertThat(begun).isEmpty();
        busy = false;
        nextTurn();
        assertThat(begun).containsExactly("a");
    }
}
