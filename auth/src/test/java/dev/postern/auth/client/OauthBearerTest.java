package dev.postern.auth.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.client.OutsideCheck.Verdict;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OauthBearerTest {
    private static final String S = "\u0001";
    private static final String GOOD = "n,," + S + "auth=Bearer good.token-1~+/==" + S + S;
    private static final OutsideCheck ONE_GOOD_TOKEN = (facts, token) -> CompletableFuture.completedFuture(
            token.reveal().equals("good.token-1~+/==")
                    ? new Verdict.Proved()
                    : new Verdict.Refused(new Rejection.TokenRefused(facts.user(), "unknown")));

    @Test
    void isOfferedInsideTlsOnly() {
        assertThat(begin(Logins.tls("app")).start()).isEqualTo(new Step.AskSasl(List.of("OAUTHBEARER")));
        assertThat(begin(Logins.plain("app")).start())
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.NotAllowed.class));
    }

    @Test
    void acceptsAGoodTokenWithoutAFinalMessage() {
        assertThat(answer(GOOD)).isInstanceOfSatisfying(Step.Accepted.class, accepted -> {
            assertThat(accepted.identity()).isEqualTo(new Identity("app", Method.OAUTH));
            assertThat(accepted.hasSaslFinal()).isFalse();
        });
        assertThat(answer("y,," + S + "host=db" + S + "auth=bearer good.token-1~+/==" + S + S))
                .isInstanceOf(Step.Accepted.class);
    }

    @Test
    void tellsWhereToGetATokenBeforeItFails() {
        for (String message : List.of("n,," + S + "auth=" + S + S, "n,," + S + "auth=Bearer other" + S + S)) {
            Exchange exchange = begin(Logins.tls("app"));
            exchange.start();
            Step told = settled(exchange.onSaslInitial("OAUTHBEARER", message.getBytes(UTF_8)));
            assertThat(told)
                    .isInstanceOfSatisfying(
                            Step.SaslContinue.class,
                            status -> assertThat(new String(status.data(), UTF_8))
                                    .isEqualTo(
                                            "{\"status\":\"invalid_token\",\"openid-configuration\":"
                                                    + "\"https://issuer/.well-known/openid-configuration\",\"scope\":\"openid\"}"));
            assertThat(exchange.onSaslResponse(new byte[] {1}))
                    .isInstanceOfSatisfying(
                            Step.Rejected.class,
                            rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.TokenRefused.class));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n",
                "n,,",
                "n,,\u0001",
                "n,,\u0001\u0001",
                "n,,\u0001auth=Bearer x",
                "n,,\u0001auth=Bearer x\u0001",
                "p=tls-server-end-point,,\u0001auth=Bearer x\u0001\u0001",
                "n,a=root,\u0001auth=Bearer x\u0001\u0001",
                "n,,\u0001auth=Basic x\u0001\u0001",
                "n,,\u0001auth=Bearer \u0001\u0001",
                "n,,\u0001auth=Bearer a b\u0001\u0001",
                "n,,\u0001auth=Bearer x\u0001auth=Bearer y\u0001\u0001",
                "n,,\u0001host=x\u0001\u0001",
                "n,,\u0001auth\u0001\u0001",
                "n,,\u0001auth=Bearer \u00e9\u0001\u0001",
                "n,,\u0001auth=Bearer x\u0000\u0001\u0001"
            })
    void malformedMessagesAreProtocolErrors(String message) {
        assertProtocolError(answer(message));
    }

    @Test
    void hugeMessagesAndMessagesOutOfTurnAreProtocolErrors() {
        assertProtocolError(answer("n,," + S + "auth=Bearer " + "x".repeat(1_000_000) + S + S));
        Exchange exchange = begin(Logins.tls("app"));
        exchange.start();
        assertProtocolError(exchange.onSaslResponse(new byte[] {1}));
        Exchange other = begin(Logins.tls("app"));
        other.start();
        assertProtocolError(other.onSaslInitial("SCRAM-SHA-256", GOOD.getBytes(UTF_8)));
    }

    @Test
    void anIssuerThatCannotBeAskedIsNoWrongToken() {
        Exchange exchange = new OauthBearerAuthenticator(
                        (facts, token) -> CompletableFuture.failedFuture(new IOException("issuer away")),
                        "https://issuer",
                        "openid")
                .begin(Logins.tls("app"), Runnable::run);
        exchange.start();
        assertThat(settled(exchange.onSaslInitial("OAUTHBEARER", GOOD.getBytes(UTF_8))))
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.LookupFailed.class));
    }

    @Test
    void aTokenServesAsPasswordToo() {
        for (String password : List.of("good.token-1~+/==", "other")) {
            Exchange exchange = new OutsidePasswordAuthenticator(ONE_GOOD_TOKEN, Method.JWT)
                    .begin(Logins.tls("app"), Runnable::run);
            assertThat(exchange.start()).isEqualTo(new Step.AskPassword());
            Step step = settled(exchange.onPassword(password.getBytes(UTF_8)));
            assertThat(step instanceof Step.Accepted).isEqualTo(!password.equals("other"));
        }
    }

    private static Exchange begin(LoginFacts facts) {
        return new OauthBearerAuthenticator(ONE_GOOD_TOKEN, "https://issuer", "openid").begin(facts, Runnable::run);
    }

    private static Step answer(String message) {
        Exchange exchange = begin(Logins.tls("app"));
        exchange.start();
        return settled(exchange.onSaslInitial("OAUTHBEARER", message.getBytes(UTF_8)));
    }

    private static Step settled(Step step) {
        return step instanceof Step.Later(var stage)
                ? stage.toCompletableFuture().join()
                : step;
    }

    private static void assertProtocolError(Step step) {
        assertThat(step)
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.ProtocolError.class));
    }
}
