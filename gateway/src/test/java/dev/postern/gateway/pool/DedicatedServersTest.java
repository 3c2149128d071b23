package dev.postern.gateway.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.pool.FakeServers.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Server connections that are opened for one client alone. */
class DedicatedServersTest {
    private final FakeLoop loop = new FakeLoop();
    private final FakeServers servers = new FakeServers();
    private final ServerPool<Server> pool = servers.poolOf(Settings.size(2).build(), loop);

    /** A replication client. */
    private static final class Replicator implements DedicatedWaiter<Server> {
        private final List<Server> served = new ArrayList<>();
        private final List<CheckoutFailure> refused = new ArrayList<>();
        private final List<ServerFailure> notOpened = new ArrayList<>();

        @Override
        public Map<String, String> startup() {
            return Map.of("replication", "true");
        }

        @Override
        public void notOpened(ServerFailure failure) {
            notOpened.add(failure);
        }

        @Override
        public void served(Server server) {
            served.add(server);
        }

        @Override
        public void refused(CheckoutFailure failure) {
            refused.add(failure);
        }
    }

    private Replicator replicator() {
        Replicator replicator = new Replicator();
        pool.enqueue(replicator);
        return replicator;
    }

    private Server lent() {
        FakeClient client = new FakeClient();
        pool.enqueue(client);
        servers.succeed();
        return client.served.getFirst();
    }

    @Test
    void opensOneForAClientThoughAnotherIdles() {
        pool.checkin(lent());

        Replicator replicator = replicator();
        servers.succeed();

        assertThat(replicator.served).hasSize(1).doesNotContain(servers.all.getFirst());
        assertThat(servers.dedicated).containsExactly(Map.of("replication", "true"));
        assertThat(pool.view().active()).isOne();
        assertThat(pool.view().idle()).isOne();
    }

    @Test
    void evictsAnIdleServerOfAFullPool() {
        Server first = lent();
        Server second = lent();
        pool.checkin(first);
        pool.checkin(second);

        replicator();

        assertThat(first.reason).isEqualTo(CloseReason.EVICTED); // it has idled longest
        assertThat(second.closed).isFalse();
        servers.succeed();
        assertThat(pool.view().servers()).isEqualTo(2);
    }

    @Test
    void waitsInLineWhileAllAreLent() {
        Server first = lent();
        lent();
        Replicator replicator = replicator();
        FakeClient behind = new FakeClient();
        pool.enqueue(behind);
        assertThat(servers.opening).isEmpty();

        pool.checkin(first);

        assertThat(first.reason).isEqualTo(CloseReason.EVICTED);
        servers.succeed();
        assertThat(replicator.served).hasSize(1);
        assertThat(behind.answers()).isZero(); // both places are taken now
        replicator.served.getFirst().close(CloseReason.CLIENT_GONE);
        servers.succeed();
        assertThat(behind.served).hasSize(1);
    }

    @Test
    void nobodyWaitsForOneThatIsBeingOpenedForAnother() {
        replicator();
        FakeClient client = new FakeClient();

        pool.enqueue(client);

        assertThat(servers.opening).hasSize(2);
    }

    @Test
    void aRefusedOneIsNobodyElsesConcern() {
        Replicator replicator = replicator();
        servers.fail(ServerFailure.Kind.LOGIN_FAILED);

        assertThat(replicator.notOpened).hasSize(1);
        assertThat(pool.failure()).isNull();
        assertThat(lent()).isNotNull();
        assertThat(pool.view().servers()).isOne();
    }

    @Test
    void isRefusedWhenItsTimeIsOver() {
        lent();
        lent();
        Replicator replicator = new Replicator();
        pool.enqueue(replicator, Duration.ofSeconds(1));

        loop.advance(Duration.ofSeconds(1));
        pool.tick();

        assertThat(replicator.refused).hasSize(1).first().isInstanceOf(CheckoutFailure.WaitTimeout.class);
        assertThat(servers.dedicated).isEmpty();
    }

    @Test
    void waitsForTheEndOfAPause() {
        pool.pause();
        Replicator replicator = replicator();
        assertThat(servers.opening).isEmpty();

        pool.resume();
        servers.succeed();

        assertThat(replicator.served).hasSize(1);
    }

    @Test
    void countsForTheLimitsThatPoolsShare() {
        SharedLimits.Registry registry = new SharedLimits.Registry();
        FakeServers others = new FakeServers();
        PoolSettings settings = Settings.size(5).limits(1, 0).build();
        ServerPool<Server> first = servers.poolOf(settings, loop, registry.of("db", "one"));
        ServerPool<Server> second = others.poolOf(settings, loop, registry.of("db", "two"));
        FakeClient client = new FakeClient();
        first.enqueue(client);
        servers.succeed();
        first.checkin(client.served.getFirst());

        Replicator replicator = new Replicator();
        second.enqueue(replicator);
        loop.advance(Duration.ZERO); // the other pool is asked, and closes its idle one

        assertThat(client.served.getFirst().reason).isEqualTo(CloseReason.EVICTED);
        others.succeed();
        assertThat(replicator.served).hasSize(1);
        replicator.served.getFirst().close(CloseReason.CLIENT_GONE);
        assertThat(registry.of("db", "one").databaseConnections()).isZero();
    }

    @Test
    void theCredentialsEndIsItsEnd() {
        Replicator replicator = replicator();
        servers.succeed(3);

        pool.useGeneration(4);
        assertThat(replicator.served.getFirst().closed).isFalse();
        pool.endGeneration(3);

        assertThat(replicator.served.getFirst().closed).isTrue();
    }
}
