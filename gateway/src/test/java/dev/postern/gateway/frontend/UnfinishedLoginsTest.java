package dev.postern.gateway.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.protocol.Refusal;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UnfinishedLoginsTest {
    private static final Refusal TOO_MANY = new Refusal.TooManyClients("max_conn_before_login", "maxConnBeforeLogin=2");

    private final ClientCounts counts = new ClientCounts(new ClientLimits(10, 0, Map.of(), Map.of()));

    private final List<EmbeddedChannel> channels = new ArrayList<>();

    private Login login(UnfinishedLogins unfinished) {
        Listener listener = new Listener(
                "test",
                Listener.TlsMode.DISABLE,
                Optional.empty(),
                true,
                address -> false,
                client -> CompletableFuture.completedFuture(""),
                new AddressCounts(),
                unfinished,
                Duration.ofMinutes(1),
                SessionHandlerTest.NO_ROUTES,
                new CancelKeys(),
                counts);
        EmbeddedChannel channel = new EmbeddedChannel();
        channels.add(channel);
        return new Login(listener, channel);
    }

    @AfterEach
    void release() {
        channels.forEach(EmbeddedChannel::finishAndReleaseAll);
    }

    private static EmbeddedChannel channel(Login login) {
        return (EmbeddedChannel) login.channel();
    }

    @Test
    void theOldestHasToGo() {
        UnfinishedLogins unfinished = new UnfinishedLogins(2, Duration.ZERO);
        Login first = login(unfinished);
        Login second = login(unfinished);
        Login third = login(unfinished);
        first.begin();
        second.begin();
        third.begin();
        channel(first).runPendingTasks();
        assertThat(first.isOver()).isTrue();
        assertThat(channel(first).isOpen()).isFalse();
        assertThat(second.isOver()).isFalse();
        assertThat(third.isOver()).isFalse();
        assertThat(unfinished.size()).isEqualTo(2);
        assertThat(counts.refusals()).containsEntry("too_many_clients", 1L);
    }

    @Test
    void oneThatHasJustComeIsNotPutOut() {
        UnfinishedLogins unfinished = new UnfinishedLogins(2, Duration.ofHours(1));
        Login first = login(unfinished);
        Login second = login(unfinished);
        assertThat(unfinished.begin(first)).isEmpty();
        assertThat(unfinished.begin(second)).isEmpty();
        assertThat(unfinished.begin(login(unfinished))).contains(TOO_MANY);
        assertThat(unfinished.size()).isEqualTo(2);
    }

    @Test
    void thoseThatAreInOrGoneMakeRoom() {
        UnfinishedLogins unfinished = new UnfinishedLogins(2, Duration.ofHours(1));
        Login first = login(unfinished);
        Login second = login(unfinished);
        first.begin();
        second.begin();
        first.authenticated();
        channel(second).close();
        assertThat(unfinished.size()).isZero();
        channel(first).close();
        assertThat(unfinished.size()).isZero();
    }

    @Test
    void aLowerLimitPutsNobodyOutByItself() {
        UnfinishedLogins unfinished = new UnfinishedLogins(2, Duration.ofHours(1));
        unfinished.begin(login(unfinished));
        unfinished.begin(login(unfinished));
        unfinished.limit(1);
        assertThat(unfinished.size()).isEqualTo(2);
        assertThat(unfinished.begin(login(unfinished))).isPresent();
    }
}
