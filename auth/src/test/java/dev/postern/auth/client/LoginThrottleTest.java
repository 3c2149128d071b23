package dev.postern.auth.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import dev.postern.auth.client.LoginThrottle.Verdict;
import dev.postern.auth.password.ChannelBinding;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoginThrottleTest {
    private static final Verdict AT_ONCE = new Verdict.Go(Duration.ZERO);

    private final FakeTicker ticker = new FakeTicker();
    private final LoginThrottle throttle = new LoginThrottle(ThrottleLimits.USER, ThrottleLimits.ADDRESS, ticker);

    @Test
    void aFewMistakesCostNothing() {
        for (int i = 0; i < 4; i++) {
            fail("app", "10.0.0.1");
            assertThat(attempt("app", "10.0.0.1")).isEqualTo(AT_ONCE);
        }
    }

    @Test
    void pausesGrowWithEachFailureUntilAttemptsAreRefused() {
        List<Duration> pauses = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            fail("app", "10.0.0.1");
            if (attempt("app", "10.0.0.1") instanceof Verdict.Go(Duration pause)) {
                pauses.add(pause);
            }
            ticker.pass(Duration.ofSeconds(1));
        }
        assertThat(pauses.stream().map(Duration::toMillis)).containsExactly(0L, 0L, 0L, 0L, 250L, 500L, 1000L, 2000L);
        assertThat(attempt("app", "10.0.0.1")).isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void aGuesserGetsAFewAttemptsAMinuteHoweverManyConnectionsItHas() {
        int guesses = 0;
        for (int second = 0; second < 600; second++) {
            for (int parallel = 0; parallel < 100; parallel++) {
                if (attempt("app", "10.0.0." + parallel) instanceof Verdict.Go) {
                    guesses++;
                    fail("app", "10.0.0." + parallel);
                }
            }
            ticker.pass(Duration.ofSeconds(1));
        }
        assertThat(guesses).isBetween(10, 150);
    }

    @Test
    void aSprayerOverManyUsersIsSlowedByItsAddress() {
        int guesses = 0;
        for (int i = 0; i < 10_000; i++) {
            if (attempt("user" + i, "10.0.0.1") instanceof Verdict.Go) {
                guesses++;
                fail("user" + i, "10.0.0.1");
            }
            ticker.pass(Duration.ofMillis(10));
        }
        assertThat(guesses).isBetween(20, 150);
        assertThat(attempt("app", "10.0.0.2")).as("other addresses are free").isEqualTo(AT_ONCE);
    }

    @Test
    void anAttackFromElsewhereDoesNotLockOutWhoLoggedInBefore() {
        throttle.succeeded(facts("orders", "app", "10.0.0.1"));
        for (int i = 0; i < 50; i++) {
            fail("app", "10.6.6.6");
        }
        assertThat(attempt("app", "10.6.6.6")).isInstanceOf(Verdict.Refuse.class);
        assertThat(attempt("app", "10.0.0.1")).isEqualTo(AT_ONCE);
    }

    @Test
    void aBrokenNeighbourBehindTheSameAddressSlowsOnlyItself() {
        throttle.succeeded(facts("orders", "app", "10.0.0.1"));
        for (int i = 0; i < 50; i++) {
            fail("broken", "10.0.0.1");
        }
        assertThat(attempt("broken", "10.0.0.1")).isInstanceOf(Verdict.Refuse.class);
        assertThat(attempt("app", "10.0.0.1")).isEqualTo(AT_ONCE);
        assertThat(attempt("newcomer", "10.0.0.1")).isEqualTo(AT_ONCE);
    }

    @Test
    void aRouteIsNeverSlowedAsAWhole() {
        for (int i = 0; i < 50; i++) {
            fail("app", "10.0.0.1");
        }
        assertThat(attempt("other", "10.0.0.2")).isEqualTo(AT_ONCE);
        assertThat(throttle.attempt(facts("billing", "app", "10.0.0.2"))).isEqualTo(AT_ONCE);
    }

    @Test
    void oneWhoLoggedInBeforeIsSlowedByItsOwnFailures() {
        throttle.succeeded(facts("orders", "app", "10.0.0.1"));
        for (int i = 0; i < 50; i++) {
            fail("app", "10.0.0.1");
        }
        assertThat(attempt("app", "10.0.0.1")).isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void forgivesWithTime() {
        for (int i = 0; i < 10; i++) {
            fail("app", "10.0.0.1");
        }
        assertThat(attempt("app", "10.0.0.1")).isInstanceOf(Verdict.Refuse.class);
        ticker.pass(Duration.ofMinutes(5));
        assertThat(attempt("app", "10.0.0.1")).isEqualTo(AT_ONCE);
    }

    @Test
    void anIpv6ClientIsItsNetwork() {
        for (int i = 0; i < 60; i++) {
            throttle.failed(facts("orders", "user" + i, "2001:db8:0:1::" + Integer.toHexString(i + 1)));
        }
        assertThat(attempt("app", "2001:db8:0:1::ffff")).isNotEqualTo(AT_ONCE);
        assertThat(attempt("app", "2001:db8:0:2::1")).isEqualTo(AT_ONCE);
    }

    @Test
    void remembersNoMoreOfANameThanANameHas() {
        String endless = "x".repeat(9000);
        for (int i = 0; i < 6; i++) {
            fail(endless + i, "10.0.0." + i);
        }
        assertThat(attempt(endless + "another", "10.0.1.1")).isNotEqualTo(AT_ONCE);
        assertThat(attempt("x".repeat(128), "10.0.1.1")).isNotEqualTo(AT_ONCE);
        assertThat(attempt("x".repeat(127), "10.0.1.1")).isEqualTo(AT_ONCE);
    }

    @Test
    void theAuthenticatorPausesThenAsksAndTellsHowItEnded() {
        List<CompletableFuture<Void>> pauses = new ArrayList<>();
        ThrottledAuthenticator authenticator = new ThrottledAuthenticator(
                new ScramAuthenticator(Logins.users(), Logins.FAKES, ChannelBinding.PREFER, false),
                () -> throttle,
                (pause, then) -> {
                    CompletableFuture<Void> over = new CompletableFuture<>();
                    pauses.add(over);
                    return over;
                });
        ScriptedScramClient wrong = new ScriptedScramClient();
        wrong.password = Secret.ofText("wrong");
        for (int i = 0; i < 5; i++) {
            assertThat(wrong.login(authenticator.begin(Logins.plain("app"), Runnable::run), "SCRAM-SHA-256"))
                    .isEqualTo(new Step.Rejected(new Rejection.BadPassword("app")));
        }

        Step.Later later = (Step.Later)
                authenticator.begin(Logins.plain("app"), Runnable::run).start();
        assertThat(later.step().toCompletableFuture()).isNotDone();
        pauses.getFirst().complete(null);
        assertThat(later.step().toCompletableFuture().join()).isInstanceOf(Step.AskSasl.class);

        for (int i = 0; i < 20; i++) {
            fail("app", "127.0.0.1");
        }
        assertThat(authenticator.begin(Logins.plain("app"), Runnable::run).start())
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.Throttled.class));
    }

    /** Asks for a password and knows that each is wrong. */
    private static final class WrongPassword implements Exchange {
        private final AtomicInteger judged;

        WrongPassword(AtomicInteger judged) {
            this.judged = judged;
        }

        @Override
        public Step start() {
            return new Step.AskPassword();
        }

        @Override
        public Step onSaslInitial(String mechanism, byte[] response) {
            throw new AssertionError("a password is asked for");
        }

        @Override
        public Step onSaslResponse(byte[] data) {
            throw new AssertionError("a password is asked for");
        }

        @Override
        public Step onPassword(byte[] password) {
            judged.incrementAndGet();
            return new Step.Rejected(new Rejection.BadPassword("app"));
        }

        @Override
        public void close() {}
    }

    @Test
    void guessesThatWereBegunTogetherGetNoMoreThanOthers() {
        AtomicInteger judged = new AtomicInteger();
        List<CompletableFuture<Void>> pauses = new ArrayList<>();
        ThrottledAuthenticator authenticator = new ThrottledAuthenticator(
                (facts, loop) -> new WrongPassword(judged), () -> throttle, (pause, then) -> {
                    CompletableFuture<Void> over = new CompletableFuture<>();
                    pauses.add(over);
                    return over;
                });
        List<Exchange> guesses = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Exchange guess = authenticator.begin(Logins.plain("app"), Runnable::run);
            assertThat(guess.start()).isInstanceOf(Step.AskPassword.class);
            guesses.add(guess);
        }
        List<Step> steps =
                guesses.stream().map(guess -> guess.onPassword(new byte[0])).toList();
        assertThat(judged).hasValue(5);
        assertThat(steps.stream().filter(Step.Later.class::isInstance)).hasSameSizeAs(pauses);
        assertThat(pauses).hasSizeBetween(5, 20);
        assertThat(steps.getLast())
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.Throttled.class));
        pauses.getFirst().complete(null);
        assertThat(judged).hasValue(6);
    }

    @Test
    void clientsOfOneUserThatComeTogetherWaitForNothing() {
        ThrottledAuthenticator authenticator = new ThrottledAuthenticator(
                new ScramAuthenticator(Logins.users(), Logins.FAKES, ChannelBinding.PREFER, false),
                () -> throttle,
                (pause, then) -> {
                    throw new AssertionError("nobody has failed");
                });
        List<Exchange> clients = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            clients.add(authenticator.begin(Logins.plain("app"), Runnable::run));
        }
        clients.forEach(client -> assertThat(new ScriptedScramClient().login(client, "SCRAM-SHA-256"))
                .isInstanceOf(Step.Accepted.class));
    }

    private Verdict attempt(String user, String address) {
        return throttle.attempt(facts("orders", user, address));
    }

    private void fail(String user, String address) {
        throttle.failed(facts("orders", user, address));
    }

    private static LoginFacts facts(String route, String user, String address) {
        try {
            return new LoginFacts(
                    route,
                    user,
                    "orders",
                    new ClientAddress.Inet(InetAddress.getByName(address)),
                    false,
                    true,
                    Optional.empty(),
                    Optional.empty());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(address, e);
        }
    }
}
