package dev.postern.gateway.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.pool.FakeServers.Server;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** max_db_connections and max_user_connections over several pools. */
class SharedLimitsTest {
    private final FakeLoop loop = new FakeLoop();
    private final SharedLimits.Registry registry = new SharedLimits.Registry();
    private final FakeServers ownServers = new FakeServers();
    private final FakeServers otherServers = new FakeServers();
    private final SharedLimits limits = registry.of("orders", "app");
    private final ServerPool<Server> own =
            ownServers.poolOf(Settings.size(10).limits(2, 0).build(), loop, limits);
    private ServerPool<Server> other =
            otherServers.poolOf(Settings.size(10).limits(2, 0).build(), loop, registry.of("orders", "other"));

    private static FakeClient wait(ServerPool<Server> pool) {
        FakeClient client = new FakeClient();
        pool.enqueue(client);
        return client;
    }

    private void settle() {
        loop.advance(Duration.ofMillis(1));
    }

    @Test
    void opensNoMoreThanTheDatabaseMayHave() {
        wait(own);
        wait(other);
        wait(other);
        settle();

        assertThat(ownServers.opening).hasSize(1);
        assertThat(otherServers.opening).hasSize(1);
        assertThat(limits.databaseConnections()).isEqualTo(2);
    }

    @Test
    void evictsTheServerOfAnotherPoolThatHasIdledLongest() {
        wait(own);
        Server first = ownServers.succeed();
        wait(own);
        Server second = ownServers.succeed();
        own.checkin(second);
        loop.advance(Duration.ofSeconds(1));
        own.checkin(first);

        wait(other);
        settle();

        assertThat(second.reason).isEqualTo(CloseReason.EVICTED);
        assertThat(first.closed).isFalse();
        assertThat(otherServers.opening).hasSize(1);
        assertThat(limits.databaseConnections()).isEqualTo(2);
    }

    @Test
    void evictsNobodyWhoseClientIsServed() {
        wait(own);
        Server lent = ownServers.succeed();
        wait(own);
        ownServers.succeed();

        FakeClient client = wait(other);
        settle();
        assertThat(otherServers.opening).isEmpty();

        own.checkin(lent); // the next look of the janitor finds it idle
        other.tick();
        settle();

        otherServers.succeed();
        assertThat(client.served).hasSize(1);
        assertThat(lent.reason).isEqualTo(CloseReason.EVICTED);
    }

    @Test
    void hearsOfTheRoomThatAClosedServerLeaves() {
        wait(own);
        Server lent = ownServers.succeed();
        wait(own);
        ownServers.succeed();
        wait(other);
        settle();

        lent.close(CloseReason.SERVER_GONE);
        settle();

        assertThat(otherServers.opening).hasSize(1);
    }

    @Test
    void givesBackWhatAFailedLoginHadTaken() {
        wait(own);
        ownServers.fail(ServerFailure.Kind.LOGIN_FAILED);

        assertThat(limits.databaseConnections()).isZero();
        assertThat(limits.userConnections()).isZero();
    }

    @Test
    void countsARoleOverAllDatabases() {
        ServerPool<Server> billing =
                otherServers.poolOf(Settings.size(10).limits(0, 2).build(), loop, registry.of("billing", "app"));
        wait(own);
        wait(own);
        wait(billing);
        settle();

        assertThat(ownServers.opening).hasSize(2);
        assertThat(otherServers.opening).isEmpty();
        assertThat(limits.userConnections()).isEqualTo(2);
    }

    @Test
    void keepsWithinTheLimitWhatIsOpenedInAdvance() {
        wait(own);
        own.checkin(ownServers.succeed());
        wait(own);
        other = otherServers.poolOf(
                Settings.size(10).min(5).limits(2, 0).build(), loop, registry.of("orders", "other"));

        for (int i = 0; i < 5; i++) {
            other.tick();
            settle();
        }

        // One server lent or idle in the first pool each leave room for one; nobody is evicted for it.
        assertThat(ownServers.open()).isOne();
        assertThat(otherServers.opening).hasSize(1);
    }

    @Test
    void forgetsALimitThatNoPoolHas() {
        own.close();
        other.close();

        assertThat(registry.size()).isZero();
    }
}
