package dev.postern.gateway.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HostsTest {
    private static final ServerAddress A = new ServerAddress("a", 5432);
    private static final ServerAddress B = new ServerAddress("b", 5432);
    private static final ServerAddress C = new ServerAddress("c", 5432);

    private long now = Long.MAX_VALUE - 5; // overflows during the test, as a clock of nanoseconds may

    private Hosts hosts(LoadBalanceHosts balance) {
        return new Hosts(List.of(A, B, C), balance, TargetSessionAttrs.ANY, () -> now);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    @Test
    void keepsTheOrderOfTheConfiguration() {
        Hosts hosts = hosts(LoadBalanceHosts.DISABLE);
        assertThat(hosts.order()).containsExactly(A, B, C);
        assertThat(hosts.order()).containsExactly(A, B, C);
    }

    @Test
    void triesAHostThatFailedBehindTheOthersForAWhile() {
        Hosts hosts = hosts(LoadBalanceHosts.DISABLE);
        hosts.failed(A);
        assertThat(hosts.order()).containsExactly(B, C, A);
        assertThat(hosts.avoided()).containsExactly(A);
        hosts.failed(B);
        assertThat(hosts.order()).containsExactly(C, A, B);
        hosts.failed(C);
        assertThat(hosts.order()).containsExactly(A, B, C);
        pass(Duration.ofSeconds(16));
        assertThat(hosts.avoided()).isEmpty();
        hosts.failed(A);
        hosts.succeeded(A);
        assertThat(hosts.order()).containsExactly(A, B, C);
    }

    @Test
    void takesTurns() {
        Hosts hosts = hosts(LoadBalanceHosts.ROUND_ROBIN);
        assertThat(hosts.order()).containsExactly(A, B, C);
        assertThat(hosts.order()).containsExactly(B, C, A);
        assertThat(hosts.order()).containsExactly(C, A, B);
        assertThat(hosts.order()).containsExactly(A, B, C);
    }

    @Test
    void drawsLots() {
        Hosts hosts = hosts(LoadBalanceHosts.RANDOM);
        Set<ServerAddress> first = new HashSet<>();
        for (int i = 0; i < 200; i++) { // none of three is missed with a probability of less than 1e-34
            first.add(hosts.order().getFirst());
            assertThat(hosts.order()).containsExactlyInAnyOrder(A, B, C);
        }
        assertThat(first).containsExactlyInAnyOrder(A, B, C);
        hosts.failed(A);
        for (int i = 0; i < 50; i++) {
            assertThat(hosts.order().getLast()).isEqualTo(A);
        }
    }
}
