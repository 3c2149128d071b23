package dev.postern.auth.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.Md5Hash;
import dev.postern.auth.password.ScramKeys;
import dev.postern.auth.server.LoginFailure.Reason;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerExchangeTest {
    private static final Secret PASSWORD = Secret.ofText("pencil");
    private static final List<String> BOTH = List.of("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256");
    private static final byte[] SALT = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");

    private final ConcurrentLinkedQueue<Runnable> stretching = new ConcurrentLinkedQueue<>();
    private final ScramKeyCache cache = new ScramKeyCache(stretching::add, 10);

    @Test
    void answersAsRfc7677() {
        ScramLogin login = new ScramLogin("SCRAM-SHA-256", "n,,", new byte[0], "rOprNGfwEbeRWgbNEkqO");
        byte[] serverFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
                .getBytes(UTF_8);
        ServerFirst.Message first = (ServerFirst.Message) ServerFirst.parse(serverFirst, login.nonce());

        byte[] last = login.prove(first, ScramKeys.derive(PASSWORD, SALT, 4096)).clientFinal();

        // The RFC's example names the user within SCRAM, which PostgreSQL's clients do not: all but the proof is the
        // same.
        assertThat(new String(last, UTF_8))
                .startsWith("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=");
    }

    @Test
    void choosesPlusWhereItCan() {
        assertInitial(begin(LoginPolicy.DEFAULT, true).onSasl(BOTH), "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,");
        assertInitial(begin(LoginPolicy.DEFAULT, false).onSasl(BOTH), "SCRAM-SHA-256", "n,,");
        assertInitial(begin(LoginPolicy.DEFAULT, true).onSasl(List.of("SCRAM-SHA-256")), "SCRAM-SHA-256", "y,,");
        LoginPolicy disabled = new LoginPolicy(false, ChannelBinding.DISABLE, 4096);
        assertInitial(begin(disabled, true).onSasl(BOTH), "SCRAM-SHA-256", "n,,");
    }

    @Test
    void refusesEverythingElseWhereChannelBindingIsRequired() {
        LoginPolicy require = new LoginPolicy(true, ChannelBinding.REQUIRE, 4096);
        assertInitial(begin(require, true).onSasl(BOTH), "SCRAM-SHA-256-PLUS", "p=");
        assertFailed(begin(require, true).onSasl(List.of("SCRAM-SHA-256")), Reason.CHANNEL_BINDING);
        assertFailed(begin(require, false).onSasl(BOTH), Reason.CHANNEL_BINDING);
        assertFailed(begin(require, true).onMd5(new byte[4]), Reason.CHANNEL_BINDING);
        assertFailed(begin(require, true).onCleartext(), Reason.CHANNEL_BINDING);
        assertFailed(begin(require, true).onOk(), Reason.CHANNEL_BINDING);
    }

    @Test
    void derivesElsewhereOnceAndThenAnswersAtOnce() {
        ServerAuthentication first = begin(LoginPolicy.DEFAULT, false);
        ServerStep.Later later = (ServerStep.Later) first.onSaslContinue(challenge(first, SALT, 4096));
        assertThat(later.step().toCompletableFuture()).isNotDone();
        ServerAuthentication meanwhile = begin(LoginPolicy.DEFAULT, false);
        ServerStep second = meanwhile.onSaslContinue(challenge(meanwhile, SALT, 4096));
        assertThat(second).isInstanceOf(ServerStep.Later.class);
        assertThat(stretching).as("single flight").hasSize(1);

        runStretching();

        assertThat(later.step().toCompletableFuture().join()).isInstanceOf(ServerStep.SaslResponse.class);
        ServerAuthentication third = begin(LoginPolicy.DEFAULT, false);
        assertThat(third.onSaslContinue(challenge(third, SALT, 4096))).isInstanceOf(ServerStep.SaslResponse.class);
        ServerAuthentication otherSalt = begin(LoginPolicy.DEFAULT, false);
        assertThat(otherSalt.onSaslContinue(challenge(otherSalt, new byte[] {1}, 4096)))
                .isInstanceOf(ServerStep.Later.class);
    }

    @Test
    void verifiesTheServersSignature() {
        ServerAuthentication login = proved();
        assertFailed(
                login.onSaslFinal("v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".getBytes(UTF_8)),
                Reason.BAD_SERVER_SIGNATURE);
        for (String bad : List.of("", "v=", "e=other-error", "v=*", "x")) {
            assertFailed(proved().onSaslFinal(bad.getBytes(UTF_8)), Reason.BAD_SERVER_SIGNATURE);
        }
        assertFailed(proved().onSaslFinal(new byte[100_000]), Reason.BAD_SERVER_SIGNATURE);
    }

    @Test
    void doesNotBelieveAuthenticationOkBeforeTheSignature() {
        assertFailed(proved().onOk(), Reason.BAD_SERVER_SIGNATURE);
        ServerAuthentication started = begin(LoginPolicy.DEFAULT, false);
        started.onSasl(BOTH);
        assertFailed(started.onOk(), Reason.PROTOCOL_VIOLATION);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4095, 1_000_001, 999_999_999})
    void refusesAnIterationCountOutOfBounds(int iterations) {
        ServerAuthentication login = begin(LoginPolicy.DEFAULT, false);
        assertFailed(login.onSaslContinue(challenge(login, SALT, iterations)), Reason.ITERATIONS);
        assertThat(stretching).isEmpty();
    }

    @Test
    void refusesMalformedChallenges() {
        for (String bad : List.of(
                "",
                "r=NONCE",
                "r=NONCE,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "r=otherXX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "r=NONCEx,s=,i=4096",
                "r=NONCEx,s=*,i=4096",
                "r=NONCEx,s=W22ZaJ0SNY7soEsUEjb6gQ==",
                "r=NONCEx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=",
                "r=NONCEx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-4096",
                "r=NONCEx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999",
                "m=x,r=NONCEx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "r=NONCEx,s=" + "A".repeat(400) + ",i=4096",
                "r=NONCE" + "x".repeat(2000) + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")) {
            ServerAuthentication login = begin(LoginPolicy.DEFAULT, false);
            String message = bad.replace("NONCE", nonce(login));
            assertFailed(login.onSaslContinue(message.getBytes(UTF_8)), Reason.PROTOCOL_VIOLATION);
        }
    }

    @Test
    void recoveredKeysNeedTheSameVerifierAndServeScramOnly() {
        ServerSecret keys = new ServerSecret.Keys(ScramKeys.derive(PASSWORD, SALT, 4096));
        ServerAuthentication same = begin(keys);
        assertThat(same.onSaslContinue(challenge(same, SALT, 4096))).isInstanceOf(ServerStep.SaslResponse.class);
        ServerAuthentication otherSalt = begin(keys);
        assertFailed(otherSalt.onSaslContinue(challenge(otherSalt, new byte[16], 4096)), Reason.DIFFERENT_VERIFIER);
        assertFailed(begin(keys).onMd5(new byte[4]), Reason.METHOD_NOT_ALLOWED);
    }

    @Test
    void answersMd5() {
        byte[] salt = {1, 2, 3, 4};
        assertThat(begin(LoginPolicy.DEFAULT, false).onMd5(salt))
                .isInstanceOfSatisfying(
                        ServerStep.Password.class,
                        p -> assertThat(p.password())
                                .isEqualTo(Md5Hash.of(PASSWORD, "app").response(salt)));
        assertFailed(begin(LoginPolicy.DEFAULT, false).onMd5(new byte[3]), Reason.PROTOCOL_VIOLATION);
    }

    @Test
    void givesCleartextInsideTlsOrWhenOptedInOnly() {
        assertFailed(begin(LoginPolicy.DEFAULT, false).onCleartext(), Reason.METHOD_NOT_ALLOWED);
        assertThat(begin(LoginPolicy.DEFAULT, true).onCleartext())
                .isInstanceOfSatisfying(
                        ServerStep.Password.class, p -> assertThat(p.password()).isEqualTo("pencil".getBytes(UTF_8)));
        assertThat(begin(new LoginPolicy(true, ChannelBinding.PREFER, 4096), false)
                        .onCleartext())
                .isInstanceOf(ServerStep.Password.class);
    }

    @Test
    void needsNoSecretWhereTheServerAsksForNone() {
        assertThat(begin(new ServerSecret.None()).onOk()).isEqualTo(new ServerStep.LoggedIn());
        assertFailed(begin(new ServerSecret.None()).onSasl(BOTH), Reason.NO_PASSWORD);
        assertFailed(begin(new ServerSecret.None()).onMd5(new byte[4]), Reason.NO_PASSWORD);
    }

    @Test
    void namesWhatItDoesNotHave() {
        assertFailed(begin(LoginPolicy.DEFAULT, false).onOther(7), Reason.UNSUPPORTED_METHOD);
        assertFailed(begin(LoginPolicy.DEFAULT, false).onSasl(List.of("OAUTHBEARER")), Reason.UNSUPPORTED_METHOD);
    }

    private ServerAuthentication begin(LoginPolicy policy, boolean tls) {
        return new ServerLogin("app", new ServerSecret.Password(PASSWORD), policy, cache)
                .begin(tls, tls ? Optional.of(new byte[] {1, 2}) : Optional.empty(), Runnable::run);
    }

    private ServerAuthentication begin(ServerSecret secret) {
        return new ServerLogin("app", secret, LoginPolicy.DEFAULT, cache).begin(false, Optional.empty(), Runnable::run);
    }

    private ServerAuthentication proved() {
        ServerAuthentication login = begin(new ServerSecret.Keys(ScramKeys.derive(PASSWORD, SALT, 2)));
        assertThat(login.onSaslContinue(challenge(login, SALT, 2))).isInstanceOf(ServerStep.SaslResponse.class);
        return login;
    }

    private void runStretching() {
        for (Runnable work = stretching.poll(); work != null; work = stretching.poll()) {
            work.run();
        }
    }

    private static String nonce(ServerAuthentication login) {
        String first = new String(((ServerStep.SaslInitial) login.onSasl(BOTH)).response(), UTF_8);
        return first.substring(first.indexOf("r=") + 2);
    }

    private static byte[] challenge(ServerAuthentication login, byte[] salt, int iterations) {
        return ("r=" + nonce(login) + "server,s=" + Base64.getEncoder().encodeToString(salt) + ",i=" + iterations)
                .getBytes(UTF_8);
    }

    private static void assertInitial(ServerStep step, String mechanism, String header) {
        assertThat(step).isInstanceOfSatisfying(ServerStep.SaslInitial.class, initial -> {
            assertThat(initial.mechanism()).isEqualTo(mechanism);
            assertThat(new String(initial.response(), UTF_8)).startsWith(header);
        });
    }

    private static void assertFailed(ServerStep step, Reason reason) {
        assertThat(step)
                .isInstanceOfSatisfying(
                        ServerStep.Failed.class,
                        failed -> assertThat(failed.why().reason()).isEqualTo(reason));
    }
}
