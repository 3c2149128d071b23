package dev.postern.auth.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import dev.postern.auth.password.ChannelBinding;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The SCRAM client that pgjdbc carries logs in to our server's side. */
class IndependentClientTest {
    @Test
    void logsInAndBelievesOurSignature() {
        assertThat(login(Logins.plain("app"), "secret", List.of("SCRAM-SHA-256"), "SCRAM-SHA-256"))
                .isInstanceOf(Step.Accepted.class);
    }

    @Test
    void logsInBoundToTheChannel() {
        assertThat(login(
                        Logins.bound("app"),
                        "secret",
                        List.of("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"),
                        "SCRAM-SHA-256-PLUS"))
                .isInstanceOf(Step.Accepted.class);
    }

    @Test
    void isRefusedWithTheWrongPassword() {
        assertThat(login(Logins.plain("app"), "wrong", List.of("SCRAM-SHA-256"), "SCRAM-SHA-256"))
                .isEqualTo(new Step.Rejected(new Rejection.BadPassword("app")));
    }

    private static Step login(LoginFacts facts, String password, List<String> offered, String expected) {
        Exchange exchange = new ScramAuthenticator(Logins.users(), Logins.FAKES, ChannelBinding.PREFER, false)
                .begin(facts, Runnable::run);
        assertThat(exchange.start()).isEqualTo(new Step.AskSasl(offered));
        ScramClient client = ScramClient.builder()
                .advertisedMechanisms(offered)
                .username("*")
                .password(password.toCharArray())
                .channelBinding(
                        "tls-server-end-point", facts.tlsServerEndPoint().orElse(new byte[0]))
                .stringPreparation(StringPreparation.POSTGRESQL_PREPARATION)
                .build();
        assertThat(client.getScramMechanism().getName()).isEqualTo(expected);
        byte[] first = client.clientFirstMessage().toString().getBytes(UTF_8);
        byte[] serverFirst = ((Step.SaslContinue) exchange.onSaslInitial(expected, first)).data();
        assertThatCode(() -> client.serverFirstMessage(new String(serverFirst, UTF_8)))
                .doesNotThrowAnyException();
        Step step =
                exchange.onSaslResponse(client.clientFinalMessage().toString().getBytes(UTF_8));
        if (step instanceof Step.Accepted accepted) {
            assertThatCode(() -> client.serverFinalMessage(new String(accepted.saslFinal(), UTF_8)))
                    .doesNotThrowAnyException();
        }
        return step;
    }
}
