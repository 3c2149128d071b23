package dev.postern.auth.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.FakeVerifiers;
import dev.postern.auth.password.ScramVerifier;
import dev.postern.auth.server.LoginPolicy;
import dev.postern.auth.server.ScramKeyCache;
import dev.postern.auth.server.ServerAuthentication;
import dev.postern.auth.server.ServerLogin;
import dev.postern.auth.server.ServerSecret;
import dev.postern.auth.server.ServerStep;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Both halves of SCRAM, ours against ours: what a client logs in with here is what we log in to a server with. */
class ScramAgainstOurOwnClientTest {
    private static final byte[] END_POINT = {1, 2, 3};
    private static final ScramVerifier VERIFIER = ScramVerifier.derive(Secret.ofText("secret"), 4096);

    private final ScramKeyCache keys = new ScramKeyCache(Runnable::run, 10);

    @Test
    void letsTheRightPasswordIn() {
        assertThat(login(new ServerSecret.Password(Secret.ofText("secret")), Optional.empty(), Optional.empty()))
                .isInstanceOfSatisfying(
                        Step.Accepted.class,
                        accepted -> assertThat(accepted.identity().method()).isEqualTo(Method.SCRAM_SHA_256));
    }

    @Test
    void letsTheWrongPasswordNotIn() {
        assertThat(login(new ServerSecret.Password(Secret.ofText("other")), Optional.empty(), Optional.empty()))
                .isEqualTo(new Step.Rejected(new Rejection.BadPassword("app")));
    }

    @Test
    void bindsToTheChannelWhereBothCan() {
        assertThat(login(
                        new ServerSecret.Password(Secret.ofText("secret")),
                        Optional.of(END_POINT),
                        Optional.of(END_POINT)))
                .isInstanceOfSatisfying(
                        Step.Accepted.class,
                        accepted -> assertThat(accepted.identity().method()).isEqualTo(Method.SCRAM_SHA_256_PLUS));
    }

    @Test
    void refusesAnotherCertificatesChannel() {
        assertThat(login(
                        new ServerSecret.Password(Secret.ofText("secret")),
                        Optional.of(END_POINT),
                        Optional.of(new byte[] {9})))
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.ChannelBindingFailed.class));
    }

    @Test
    void recoveredKeysLogInWhereTheSameVerifierIsHeld() {
        Step.Accepted first = (Step.Accepted)
                login(new ServerSecret.Password(Secret.ofText("secret")), Optional.empty(), Optional.empty());

        Step second = login(
                new ServerSecret.Keys(first.identity().passThrough().orElseThrow()),
                Optional.empty(),
                Optional.empty());

        assertThat(second).isInstanceOf(Step.Accepted.class);
    }

    private Step login(ServerSecret secret, Optional<byte[]> here, Optional<byte[]> there) {
        Exchange exchange = new ScramAuthenticator(
                        user -> new UserStore.Lookup.Found(StoredPassword.of(VERIFIER)),
                        new FakeVerifiers(Secret.ofText("k"), 4096),
                        ChannelBinding.PREFER,
                        true)
                .begin(facts(here), Runnable::run);
        ServerAuthentication login = new ServerLogin("app", secret, LoginPolicy.DEFAULT, keys)
                .begin(there.isPresent(), there, Runnable::run);

        Step.AskSasl asked = (Step.AskSasl) exchange.start();
        ServerStep.SaslInitial initial = (ServerStep.SaslInitial) login.onSasl(asked.mechanisms());
        if (!(exchange.onSaslInitial(initial.mechanism(), initial.response())
                instanceof Step.SaslContinue(byte[] data))) {
            throw new AssertionError("no challenge");
        }
        ServerStep.SaslResponse response = (ServerStep.SaslResponse) settled(login.onSaslContinue(data));
        Step step = exchange.onSaslResponse(response.data());
        if (step instanceof Step.Accepted accepted) {
            assertThat(login.onSaslFinal(accepted.saslFinal())).isEqualTo(new ServerStep.Wait());
            assertThat(login.onOk()).isEqualTo(new ServerStep.LoggedIn());
        }
        return step;
    }

    private static ServerStep settled(ServerStep step) {
        return step instanceof ServerStep.Later(var stage)
                ? stage.toCompletableFuture().join()
                : step;
    }

    private static LoginFacts facts(Optional<byte[]> endPoint) {
        return new LoginFacts(
                "orders",
                "app",
                "orders",
                new ClientAddress.UnixSocket(""),
                false,
                endPoint.isPresent(),
                endPoint,
                Optional.empty());
    }
}
