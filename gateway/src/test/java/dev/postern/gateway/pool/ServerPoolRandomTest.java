package dev.postern.gateway.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.pool.FakeServers.Server;
import dev.postern.gateway.pool.Seat.State;
import dev.postern.gateway.pool.ServerFailure.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever happens in whatever order: the counts are right, and nobody is answered twice or left alone. */
class ServerPoolRandomTest {
    private static final int SIZE = 3;
    private static final int RESERVE = 1;

    private final FakeLoop loop = new FakeLoop();
    private final FakeServers servers = new FakeServers();
    private final Map<FakeClient, Ticket<Server>> waiting = new LinkedHashMap<>();
    private final List<FakeClient> answered = new ArrayList<>();
    private final List<Server> lent = new ArrayList<>();
    private long generation;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void keepsItsBooksInWhateverOrderThingsHappen(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        ServerPool<Server> pool = servers.poolOf(
                Settings.size(SIZE)
                        .min(1)
                        .reserve(RESERVE, Duration.ofSeconds(1))
                        .waitTimeout(Duration.ofSeconds(20))
                        .lifetime(Duration.ofMinutes(1))
                        .idleTimeout(Duration.ofSeconds(30))
                        .checkDelay(Duration.ofSeconds(2))
                        .build(),
                loop);
        for (int step = 0; step < 4000; step++) {
            act(pool, random);
            settle();
            check(pool);
        }
        pool.close();
        settle();
        while (!servers.opening.isEmpty()) {
            servers.succeed(generation);
        }
        servers.all.stream().filter(server -> server.check != null).toList().forEach(server -> server.checked(true));
        List.copyOf(lent).stream().filter(server -> !server.closed).forEach(pool::checkin);
        assertThat(pool.empty()).isTrue();
        assertThat(servers.open()).isZero();
        assertThat(waiting).isEmpty();
    }

    private void act(ServerPool<Server> pool, RandomGenerator random) {
        switch (random.nextInt(16)) {
            case 0, 1, 2 -> {
                Server server = pool.tryCheckout();
                if (server != null) {
                    lent.add(server);
                } else {
                    FakeClient client = new FakeClient();
                    waiting.put(client, pool.enqueue(client));
                }
            }
            case 3, 4, 5 ->
                some(lent, random, server -> {
                    lent.remove(server);
                    pool.checkin(server);
                });
            case 6, 7 -> {
                if (!servers.opening.isEmpty()) {
                    servers.succeed(generation - (random.nextInt(8) == 0 ? 1 : 0));
                }
            }
            case 8 -> {
                if (!servers.opening.isEmpty()) {
                    servers.fail(Kind.values()[random.nextInt(Kind.values().length)]);
                }
            }
            case 9 ->
                some(
                        servers.all.stream().filter(server -> !server.closed).toList(),
                        random,
                        server -> server.close(CloseReason.SERVER_GONE));
            case 10 ->
                some(
                        servers.all.stream()
                                .filter(server -> server.check != null)
                                .toList(),
                        random,
                        server -> server.checked(random.nextInt(4) != 0));
            case 11 ->
                some(List.copyOf(waiting.keySet()), random, client -> {
                    Objects.requireNonNull(waiting.remove(client)).giveUp();
                });
            case 12, 13 -> {
                loop.advance(Duration.ofMillis(random.nextInt(3000)));
                pool.tick();
            }
            case 14 -> {
                if (random.nextInt(3) == 0) {
                    pool.useGeneration(++generation, Duration.ofMillis(random.nextInt(2000)));
                } else if (random.nextInt(10) == 0) {
                    pool.reconnect();
                }
            }
            default -> {
                if (pool.paused()) {
                    pool.resume();
                } else if (random.nextInt(20) == 0) {
                    pool.pause();
                }
            }
        }
    }

    private static <T> void some(List<T> all, RandomGenerator random, java.util.function.Consumer<T> action) {
        if (!all.isEmpty()) {
            action.accept(all.get(random.nextInt(all.size())));
        }
    }

    /** Takes note of those who were answered. */
    private void settle() {
        List.copyOf(waiting.keySet()).forEach(client -> {
            if (client.answers() > 0) {
                waiting.remove(client);
                answered.add(client);
                lent.addAll(client.served);
            }
        });
        lent.removeIf(server -> server.closed);
    }

    private void check(ServerPool<Server> pool) {
        assertThat(answered).allSatisfy(client -> assertThat(client.answers()).isOne());
        answered.clear();
        PoolView view = pool.view();
        assertThat(view.waiting()).isEqualTo(waiting.size());
        assertThat(view.active()).isEqualTo(lent.size()).isEqualTo(count(State.ACTIVE));
        assertThat(view.idle()).isEqualTo(count(State.IDLE));
        assertThat(view.tested()).isEqualTo(count(State.TESTED));
        assertThat(view.opening()).isEqualTo(servers.opening.size());
        assertThat((long) view.servers()).isEqualTo(servers.open());
        assertThat(view.servers() + view.opening()).isLessThanOrEqualTo(SIZE + RESERVE + 1);
        if (pool.paused()) {
            assertThat(view.idle()).isZero();
        }
    }

    private int count(State state) {
        return (int) servers.all.stream()
                .filter(server -> !server.closed && server.seat().state() == state)
                .count();
    }
}
