package dev.postern.gateway.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.pool.FakeServers.Server;
import dev.postern.gateway.pool.ServerFailure.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerPoolTest {
    private final FakeLoop loop = new FakeLoop();
    private final FakeServers servers = new FakeServers();
    private ServerPool<Server> pool = servers.poolOf(Settings.size(2).build(), loop);

    private void given(Settings settings) {
        pool = servers.poolOf(settings.build(), loop);
    }

    private FakeClient waiting() {
        FakeClient client = new FakeClient();
        pool.enqueue(client);
        return client;
    }

    /** A server that was opened for a client and is still lent. */
    private Server lent() {
        FakeClient client = waiting();
        servers.succeed();
        return client.served.getFirst();
    }

    private List<Server> idle(int count) {
        List<Server> lent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lent.add(lent());
        }
        lent.forEach(pool::checkin);
        return lent;
    }

    // ---- lending

    @Test
    void lendsTheServerThatWasUsedLast() {
        List<Server> two = idle(2);

        Server server = pool.tryCheckout();

        assertThat(server).isSameAs(two.get(1));
    }

    @Test
    void lendsTheServerThatHasIdledLongestWhenTheyTakeTurns() {
        given(Settings.size(2).inTurn());
        List<Server> two = idle(2);

        assertThat(pool.tryCheckout()).isSameAs(two.get(0));
        pool.checkin(two.get(0));
        assertThat(pool.tryCheckout()).isSameAs(two.get(1));
    }

    @Test
    void tellsAWaiterOnceThatItWaits() {
        given(Settings.size(1).notifyAfter(Duration.ofSeconds(5)));
        Server server = lent();
        FakeClient first = waiting();
        loop.advance(Duration.ofSeconds(3));
        FakeClient second = waiting();
        loop.advance(Duration.ofSeconds(2));

        pool.tick();
        pool.tick();

        assertThat(first.notices).isOne();
        assertThat(second.notices).isZero();
        pool.checkin(server);
        loop.advance(Duration.ofSeconds(5));
        pool.tick();
        assertThat(first.notices).isOne();
        assertThat(second.notices).isOne();
    }

    @Test
    void tellsLentServersToEndSoonWhenTheyAreToBeReplaced() {
        List<Server> two = idle(2);
        Server lent = java.util.Objects.requireNonNull(pool.tryCheckout());

        pool.reconnect();

        assertThat(lent.closesSoon).isTrue();
        assertThat(two).filteredOn(server -> server != lent).allMatch(server -> server.closed && !server.closesSoon);
    }

    @Test
    void servesWaitersInTheirOrder() {
        given(Settings.size(1));
        Server server = lent();
        FakeClient first = waiting();
        FakeClient second = waiting();

        pool.checkin(server);

        assertThat(first.served).containsExactly(server);
        assertThat(second.answers()).isZero();
    }

    @Test
    void letsNobodyJumpTheLine() {
        given(Settings.size(1).checkDelay(Duration.ZERO));
        Server server = lent();
        waiting();

        pool.checkin(server); // is tested for the one who waits

        assertThat(pool.tryCheckout()).isNull();
    }

    @Test
    void opensAsManyServersAsThereAreWaitersUpToItsSize() {
        waiting();
        waiting();
        waiting();

        assertThat(servers.opening).hasSize(2);
    }

    @Test
    void refusesToTakeAServerBackTwice() {
        Server server = lent();
        pool.checkin(server);

        assertThatThrownBy(() -> pool.checkin(server)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void passesOverATicketThatWasGivenUp() {
        given(Settings.size(1));
        Server server = lent();
        FakeClient gone = new FakeClient();
        pool.enqueue(gone).giveUp();
        FakeClient next = waiting();

        pool.checkin(server);

        assertThat(gone.answers()).isZero();
        assertThat(next.served).containsExactly(server);
    }

    @Test
    void keepsAServerWhoseWaiterHasLeftMeanwhile() {
        FakeClient gone = new FakeClient();
        Ticket<Server> ticket = pool.enqueue(gone);
        ticket.giveUp();

        servers.succeed();

        assertThat(pool.view().idle()).isOne();
        assertThat(gone.answers()).isZero();
    }

    @Test
    void opensTheReserveOnlyForAClientThatWaitedLongEnough() {
        given(Settings.size(1).reserve(1, Duration.ofSeconds(5)));
        lent();
        FakeClient client = waiting();
        loop.advance(Duration.ofSeconds(4));
        pool.tick();
        int before = servers.opening.size();
        loop.advance(Duration.ofSeconds(1));

        pool.tick();

        assertThat(before).isZero();
        assertThat(servers.opening).hasSize(1);
        servers.succeed();
        assertThat(client.served).hasSize(1);
    }

    @Test
    void refusesAWaiterAfterQueryWaitTimeout() {
        given(Settings.size(1).waitTimeout(Duration.ofSeconds(3)));
        lent();
        FakeClient client = waiting();
        loop.advance(Duration.ofSeconds(3));

        pool.tick();

        assertThat(client.refused).containsExactly(new CheckoutFailure.WaitTimeout(Duration.ofSeconds(3)));
        assertThat(pool.view().waiting()).isZero();
    }

    @Test
    void letsAClientWaitForEverWhenThereIsNoTimeout() {
        given(Settings.size(1).waitTimeout(Duration.ZERO));
        lent();
        FakeClient client = waiting();
        loop.advance(Duration.ofDays(30));

        pool.tick();

        assertThat(client.answers()).isZero();
    }

    // ---- checks

    @Test
    void checksAServerThatWasIdleForLong() {
        Server server = idle(1).getFirst();
        loop.advance(Duration.ofSeconds(31));
        assertThat(pool.tryCheckout()).isNull();
        FakeClient client = waiting();

        server.checked(true);

        assertThat(client.served).containsExactly(server);
    }

    @Test
    void checksEachServerOnceWhenAllAreChecked() {
        given(Settings.size(1).checkDelay(Duration.ZERO));
        Server server = lent();
        FakeClient client = waiting();
        pool.checkin(server);

        server.checked(true);

        assertThat(client.served).containsExactly(server);
        assertThat(server.check).isNull();
    }

    @Test
    void opensAnotherWhenTheCheckFails() {
        Server server = idle(1).getFirst();
        loop.advance(Duration.ofSeconds(31));
        FakeClient client = waiting();

        server.checked(false);

        assertThat(server.reason).isEqualTo(CloseReason.CHECK_FAILED);
        assertThat(client.served).containsExactly(servers.succeed());
    }

    @Test
    void forgetsAServerThatEndsDuringItsCheck() {
        Server server = idle(1).getFirst();
        loop.advance(Duration.ofSeconds(31));
        FakeClient client = waiting();

        server.close(CloseReason.SERVER_GONE);

        assertThat(pool.view().tested()).isZero();
        server.checked(true); // comes too late to mean anything
        assertThat(pool.view().servers()).isZero();
        assertThat(client.served).containsExactly(servers.succeed());
    }

    @Test
    void doesNotLendDuringPauseWhatWasTestedBefore() {
        Server server = idle(1).getFirst();
        loop.advance(Duration.ofSeconds(31));
        FakeClient client = waiting();
        pool.pause();

        server.checked(true);

        assertThat(client.answers()).isZero();
        assertThat(server.reason).isEqualTo(CloseReason.RECONNECT);
    }

    // ---- ageing

    @Test
    void closesIdleServersAfterTheirLifetimeButATenthAtMostEarlier() {
        given(Settings.size(50).idleTimeout(Duration.ZERO));
        idle(50);
        loop.advance(Duration.ofMinutes(54).minusMillis(1));
        pool.tick();
        int before = pool.view().idle();
        loop.advance(Duration.ofMinutes(6).plusMillis(1));

        pool.tick();

        assertThat(before).isEqualTo(50);
        assertThat(pool.view().servers()).isZero();
        assertThat(servers.all).allSatisfy(server -> assertThat(server.reason).isEqualTo(CloseReason.LIFETIME));
    }

    @Test
    void spreadsTheEndOfServersThatWereOpenedAtOnce() {
        given(Settings.size(50).idleTimeout(Duration.ZERO));
        idle(50);
        loop.advance(Duration.ofMinutes(57));

        pool.tick();

        assertThat(pool.view().idle()).isBetween(1, 49);
    }

    @Test
    void usesAServerOnceWhenItsLifetimeIsZero() {
        given(Settings.size(1).lifetime(Duration.ZERO));
        Server server = lent();

        pool.checkin(server);

        assertThat(server.reason).isEqualTo(CloseReason.LIFETIME);
    }

    @Test
    void closesWhatIsIdleTooLongDownToTheMinimum() {
        given(Settings.size(3).min(1));
        idle(3);
        loop.advance(Duration.ofMinutes(11));

        pool.tick();

        assertThat(pool.view().idle()).isOne();
        assertThat(servers.all.get(0).reason).isEqualTo(CloseReason.IDLE_TIMEOUT);
    }

    @Test
    void keepsTheMinimumOpen() {
        given(Settings.size(3).min(2));
        pool.tick();
        servers.succeed();

        pool.tick();

        servers.succeed();
        pool.tick();
        assertThat(servers.opening).isEmpty();
        assertThat(pool.view().idle()).isEqualTo(2);
    }

    @Test
    void closesNoServerThatWasLentDuringTheRound() {
        given(Settings.size(3).idleTimeout(Duration.ofMinutes(1)).checkDelay(Duration.ofSeconds(1)));
        idle(3);
        loop.advance(Duration.ofMinutes(2));
        FakeClient client = waiting(); // one is tested, two stay idle
        waiting();

        pool.tick();

        assertThat(pool.view().tested()).isEqualTo(2);
        servers.all.forEach(server -> {
            if (server.check != null) {
                server.checked(true);
            }
        });
        assertThat(client.served).hasSize(1);
        assertThat(client.served.getFirst().closed).isFalse();
    }

    // ---- failures

    @Test
    void letsClientsWaitWhileTheServerCannotBeReached() {
        FakeClient client = waiting();
        servers.fail(Kind.UNREACHABLE);
        int attemptsAtOnce = servers.attempts;
        loop.advance(Duration.ofMillis(50));

        assertThat(attemptsAtOnce).isOne();
        assertThat(servers.attempts).isEqualTo(2);
        servers.succeed();
        assertThat(client.served).hasSize(1);
        assertThat(pool.failure()).isNull();
    }

    @Test
    void triesAgainWithinHalfASecondHoweverOftenItFailed() {
        waiting();
        for (int i = 0; i < 20; i++) {
            servers.fail(Kind.STARTING);
            loop.advance(Duration.ofMillis(500));
        }

        assertThat(servers.opening).hasSize(1);
    }

    @Test
    void beginsWithAShortPauseAgainAfterASuccess() {
        waiting();
        for (int i = 0; i < 5; i++) {
            servers.fail(Kind.UNREACHABLE);
            loop.advance(Duration.ofMillis(500));
        }
        servers.succeed().close(CloseReason.SERVER_GONE);
        waiting();
        servers.fail(Kind.UNREACHABLE);

        loop.advance(Duration.ofMillis(50));

        assertThat(servers.opening).hasSize(1);
    }

    @Test
    void tellsAllWaitersOfARefusedLoginAtOnceAndOnce() {
        FakeClient first = waiting();
        FakeClient second = waiting();

        servers.fail(Kind.LOGIN_FAILED);

        assertThat(first.refused).hasSize(1);
        assertThat(second.refused).hasSize(1);
        servers.fail(Kind.LOGIN_FAILED);
        assertThat(first.answers() + second.answers()).isEqualTo(2);
    }

    @Test
    void refusesNewcomersUntilTheNextTryAfterARefusedLogin() {
        waiting();
        servers.fail(Kind.LOGIN_FAILED);

        FakeClient tooEarly = waiting();
        loop.advance(Duration.ofSeconds(15));
        FakeClient later = waiting();

        assertThat(tooEarly.refused).hasSize(1);
        assertThat(later.answers()).isZero();
        assertThat(servers.opening).hasSize(1);
    }

    @Test
    void letsWaitersHaveTheServersThereAreWhenAnotherLoginIsRefused() {
        Server server = lent();
        FakeClient client = waiting();

        servers.fail(Kind.CREDENTIAL_UNAVAILABLE);

        assertThat(client.answers()).isZero();
        pool.checkin(server);
        assertThat(client.served).containsExactly(server);
    }

    @Test
    void triesWithOneConnectionAfterAFailure() {
        waiting();
        waiting();
        servers.fail(Kind.UNREACHABLE);
        servers.fail(Kind.UNREACHABLE);

        loop.advance(Duration.ofSeconds(1));

        assertThat(servers.opening).hasSize(1);
    }

    @Test
    void saysWhyThereIsNoServerWhenTheWaitEnds() {
        given(Settings.size(1).waitTimeout(Duration.ofMillis(10)));
        FakeClient client = waiting();
        servers.fail(Kind.UNREACHABLE);
        loop.advance(Duration.ofMillis(10));

        pool.tick();

        assertThat(client.refused).hasSize(1);
        assertThat(client.refused.getFirst()).isInstanceOf(CheckoutFailure.NoServer.class);
    }

    // ---- generations and administration

    @Test
    void replacesServersOfAnOlderGenerationOneByOneAndNeverAboveSizePlusOne() {
        given(Settings.size(3));
        idle(3);
        pool.useGeneration(1, Duration.ZERO);
        long most = 0;
        for (int round = 0; round < 10; round++) {
            pool.tick();
            most = Math.max(most, servers.open() + servers.opening.size());
            assertThat(servers.opening).hasSizeLessThanOrEqualTo(1);
            if (!servers.opening.isEmpty()) {
                servers.succeed(1);
            }
        }

        assertThat(most).isEqualTo(4);
        assertThat(pool.view().idle()).isEqualTo(3);
        assertThat(pool.servers())
                .allSatisfy(server -> assertThat(server.seat().generation()).isOne());
    }

    @Test
    void closesAServerOfAnOlderGenerationWhenItComesBack() {
        Server server = lent();
        pool.useGeneration(1, Duration.ZERO);

        pool.checkin(server);

        assertThat(server.reason).isEqualTo(CloseReason.CREDENTIAL_ROTATED);
    }

    @Test
    void aBusyPoolIsReplacedOneByOneAndNeverWithoutServers() {
        given(Settings.size(3));
        List<Server> lent = List.of(lent(), lent(), lent());
        pool.useGeneration(1, Duration.ofSeconds(1));
        assertThat(servers.opening).hasSize(1);

        pool.checkin(lent.get(0)); // its successor is not there yet
        assertThat(lent.get(0).closed).isFalse();
        servers.succeed(1);
        assertThat(lent.get(0).reason).isEqualTo(CloseReason.CREDENTIAL_ROTATED);
        assertThat(servers.opening).isEmpty();
        loop.advance(Duration.ofMillis(300));
        servers.succeed(1); // while all that are old are lent
        assertThat(pool.view().servers()).isEqualTo(4);
        assertThat(servers.opening).isEmpty();
        pool.checkin(lent.get(1));

        assertThat(lent.get(1).reason).isEqualTo(CloseReason.CREDENTIAL_ROTATED);
        loop.advance(Duration.ofMillis(300));
        assertThat(servers.opening).hasSize(1);
        loop.advance(Duration.ofSeconds(2));
        pool.checkin(lent.get(2)); // its time to serve on is over
        assertThat(lent.get(2).reason).isEqualTo(CloseReason.CREDENTIAL_ROTATED);
    }

    @Test
    void replacesEvenlyWithinTheTimeInWhichOlderOnesServe() {
        given(Settings.size(7));
        idle(7);
        pool.useGeneration(1, Duration.ofSeconds(8));
        for (int opened = 1; opened <= 7; opened++) {
            servers.succeed(1);
            assertThat(pool.servers().stream().filter(server -> server.seat().generation() == 1))
                    .hasSize(opened);
            loop.advance(Duration.ofMillis(999));
            pool.tick();
            assertThat(servers.opening).isEmpty();
            loop.advance(Duration.ofMillis(1));
        }

        assertThat(servers.opening).isEmpty();
        assertThat(pool.view().idle()).isEqualTo(7);
    }

    @Test
    void rotationsFasterThanBusyServersComeBackNeverAddMoreThanOne() {
        given(Settings.size(3));
        List<Server> lent = List.of(lent(), lent(), lent());
        for (int generation = 1; generation <= 3; generation++) {
            pool.useGeneration(generation, Duration.ofSeconds(1));
            if (!servers.opening.isEmpty()) {
                servers.succeed(generation);
            }
            pool.tick();
            assertThat(servers.open() + servers.opening.size()).isLessThanOrEqualTo(4);
        }

        lent.forEach(pool::checkin);
        loop.advance(Duration.ofMillis(300));
        while (!servers.opening.isEmpty()) {
            assertThat(servers.open()).isLessThanOrEqualTo(3);
            servers.succeed(3);
            loop.advance(Duration.ofMillis(300));
        }
        assertThat(pool.servers())
                .isNotEmpty()
                .allSatisfy(server -> assertThat(server.seat().generation()).isEqualTo(3));
    }

    @Test
    void anIdleServerMakesRoomForASuccessorThatALentOneStillOwes() {
        given(Settings.size(1));
        Server busy = lent();
        pool.useGeneration(1, Duration.ofSeconds(1));
        Server second = servers.succeed(1); // while the old one is lent
        assertThat(pool.view().servers()).isEqualTo(2);

        pool.useGeneration(2, Duration.ofSeconds(1));

        assertThat(second.reason).isEqualTo(CloseReason.CREDENTIAL_ROTATED);
        assertThat(servers.opening).hasSize(1); // now beside the one that is lent
        assertThat(busy.closed).isFalse();
    }

    @Test
    void lendsAnOlderGenerationUntilItsSuccessorIsThere() {
        Server server = idle(1).getFirst();
        pool.useGeneration(1, Duration.ZERO);

        assertThat(pool.tryCheckout()).isSameAs(server);
    }

    @Test
    void aLostGenerationIsLentNoMoreAndWhatIsLentMayEnd() {
        given(Settings.size(3));
        List<Server> two = idle(2);
        Server busy = java.util.Objects.requireNonNull(pool.tryCheckout());
        Server idle = two.get(0) == busy ? two.get(1) : two.get(0);

        pool.endLending(0);

        assertThat(idle.reason).isEqualTo(CloseReason.CREDENTIAL_ROTATED);
        assertThat(busy.closed).isFalse();
        assertThat(pool.tryCheckout()).isNull();
        FakeClient client = waiting();
        servers.succeed(1);
        assertThat(client.served).hasSize(1);
        pool.checkin(busy);
        assertThat(busy.reason).isEqualTo(CloseReason.CREDENTIAL_ROTATED);
        pool.useGeneration(1);
        pool.checkin(client.served.getFirst());
        assertThat(pool.tryCheckout()).isSameAs(client.served.getFirst());
    }

    @Test
    void doesNotOpenInALoopWhenNewConnectionsAreOutOfDate() {
        pool.useGeneration(2, Duration.ZERO);
        waiting();

        servers.succeed(1);

        assertThat(servers.attempts).isOne();
        loop.advance(Duration.ofMillis(50));
        assertThat(servers.attempts).isEqualTo(2);
    }

    @Test
    void reconnectClosesIdleServersAtOnceAndLentOnesWhenTheyComeBack() {
        Server lent = lent();
        Server idle = idle(1).getFirst();

        pool.reconnect();

        assertThat(idle.reason).isEqualTo(CloseReason.RECONNECT);
        assertThat(lent.closed).isFalse();
        pool.checkin(lent);
        assertThat(lent.reason).isEqualTo(CloseReason.RECONNECT);
    }

    @Test
    void reconnectReplacesAServerThatWasBeingOpened() {
        FakeClient client = waiting();
        pool.reconnect();

        Server server = servers.succeed();

        assertThat(server.reason).isEqualTo(CloseReason.RECONNECT);
        loop.advance(Duration.ofSeconds(1));
        assertThat(client.served).isEmpty();
        assertThat(client.served).isEqualTo(List.of());
        assertThat(servers.opening).hasSize(1);
    }

    @Test
    void closesAThousandIdleServersWithoutDeepRecursion() {
        given(Settings.size(5000).checkDelay(Duration.ofSeconds(1)));
        idle(5000);
        loop.advance(Duration.ofMinutes(1));
        waiting();

        pool.reconnect();

        assertThat(pool.view().idle()).isZero();
    }

    @Test
    void lendsNothingWhilePaused() {
        idle(1);
        pool.pause();
        FakeClient client = waiting();
        pool.tick();
        int opening = servers.opening.size();

        pool.resume();

        assertThat(opening).isZero();
        assertThat(client.served).containsExactly(servers.succeed());
    }

    @Test
    void closeRefusesWaitersAndClosesIdleServers() {
        Server busy = lent();
        Server idle = idle(1).getFirst();
        pool.tryCheckout();
        FakeClient client = waiting();

        pool.close();

        assertThat(client.refused).containsExactly(new CheckoutFailure.PoolClosed());
        pool.checkin(idle);
        pool.checkin(busy);
        assertThat(idle.reason).isEqualTo(CloseReason.SHUTDOWN);
        assertThat(busy.reason).isEqualTo(CloseReason.SHUTDOWN);
        assertThat(pool.empty()).isTrue();
    }

    @Test
    void leavesNothingBehindWhenClosedWhileOneIsTestedAndOneOpened() {
        Server server = idle(1).getFirst();
        loop.advance(Duration.ofSeconds(31));
        waiting();
        waiting();
        pool.close();

        server.checked(true);
        servers.succeed();

        assertThat(pool.empty()).isTrue();
        assertThat(servers.open()).isZero();
    }

    @Test
    void refusesWhoeverComesToAClosedPool() {
        pool.close();

        FakeClient client = waiting();

        assertThat(client.refused).containsExactly(new CheckoutFailure.PoolClosed());
    }
}
