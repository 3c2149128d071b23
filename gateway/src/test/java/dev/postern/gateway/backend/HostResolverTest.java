package dev.postern.gateway.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class HostResolverTest {
    private final List<String> asked = new ArrayList<>();
    private final Queue<Runnable> blocking = new ArrayDeque<>();
    private long now = Long.MAX_VALUE - 1000; // the clock may overflow
    private boolean unknown;

    private final HostResolver resolver =
            new HostResolver(this::lookup, blocking::add, Duration.ofSeconds(15), () -> now);

    private List<InetAddress> lookup(String host) throws UnknownHostException {
        asked.add(host);
        if (unknown) {
            throw new UnknownHostException(host);
        }
        return List.of(InetAddress.getByAddress(host, new byte[] {10, 0, 0, (byte) asked.size()}));
    }

    private void answer() {
        while (!blocking.isEmpty()) {
            blocking.remove().run();
        }
    }

    private String addressOf(String host) {
        CompletableFuture<List<InetAddress>> addresses = resolver.resolve(host);
        answer();
        return addresses.join().getFirst().getHostAddress();
    }

    @Test
    void asksNobodyOnTheCallersThread() {
        CompletableFuture<List<InetAddress>> addresses = resolver.resolve("pg");

        assertThat(asked).isEmpty();
        assertThat(addresses).isNotDone();
    }

    @Test
    void sharesOneQuestionAmongThoseWhoAskAtOnce() {
        CompletableFuture<List<InetAddress>> first = resolver.resolve("pg");
        CompletableFuture<List<InetAddress>> second = resolver.resolve("pg");

        answer();

        assertThat(asked).containsExactly("pg");
        assertThat(first.join()).isEqualTo(second.join());
    }

    @Test
    void asksAnewWhenTheAnswerIsOlderThanItsTime() {
        addressOf("pg");
        now += Duration.ofSeconds(15).toNanos() - 1;
        String before = addressOf("pg");
        now += 1;

        String after = addressOf("pg");

        assertThat(before).isEqualTo("10.0.0.1");
        assertThat(after).isEqualTo("10.0.0.2");
    }

    @Test
    void asksAnewAfterAFailure() {
        unknown = true;
        CompletableFuture<List<InetAddress>> failed = resolver.resolve("pg");
        answer();
        assertThatThrownBy(failed::join).hasCauseInstanceOf(UnknownHostException.class);
        unknown = false;

        assertThat(addressOf("pg")).isEqualTo("10.0.0.2");
    }

    @Test
    void asksNobodyForAnAddress() {
        assertThat(resolver.resolve("192.0.2.7").join().getFirst().getHostAddress())
                .isEqualTo("192.0.2.7");
        assertThat(resolver.resolve("::1").join().getFirst().getHostAddress()).isEqualTo("0:0:0:0:0:0:0:1");
        assertThat(blocking).isEmpty();
    }
}
