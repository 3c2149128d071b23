package dev.postern.auth.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.Md5Hash;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScramExchangeTest {
    private static final String PLAIN = "SCRAM-SHA-256";
    private static final String PLUS = "SCRAM-SHA-256-PLUS";

    private final ScriptedScramClient client = new ScriptedScramClient();

    @Test
    void offersPlusFirstWhereTheConnectionCanBeBoundTo() {
        assertThat(Logins.scram(Logins.bound("app")).start()).isEqualTo(new Step.AskSasl(List.of(PLUS, PLAIN)));
        assertThat(Logins.scram(Logins.tls("app")).start()).isEqualTo(new Step.AskSasl(List.of(PLAIN)));
        assertThat(Logins.scram(Logins.plain("app")).start()).isEqualTo(new Step.AskSasl(List.of(PLAIN)));
    }

    @Test
    void offersPlusAloneWhereItIsRequired() {
        var authenticator = new ScramAuthenticator(Logins.users(), Logins.FAKES, ChannelBinding.REQUIRE, false);

        assertThat(authenticator.begin(Logins.bound("app"), Runnable::run).start())
                .isEqualTo(new Step.AskSasl(List.of(PLUS)));
        assertRejected(
                authenticator.begin(Logins.plain("app"), Runnable::run).start(), Rejection.ChannelBindingFailed.class);
    }

    @Test
    void acceptsTheRightPassword() {
        assertThat(client.login(Logins.scram(Logins.plain("app")), PLAIN))
                .isInstanceOfSatisfying(Step.Accepted.class, accepted -> {
                    assertThat(accepted.identity()).isEqualTo(new Identity("app", Method.SCRAM_SHA_256));
                    assertThat(new String(accepted.saslFinal(), UTF_8)).startsWith("v=");
                });
    }

    @Test
    void acceptsTheRightPasswordBoundToTheChannel() {
        client.header = "p=tls-server-end-point,,";
        client.bindingData = Logins.END_POINT;

        assertThat(client.login(Logins.scram(Logins.bound("app")), PLUS))
                .isInstanceOfSatisfying(
                        Step.Accepted.class,
                        accepted -> assertThat(accepted.identity())
                                .isEqualTo(new Identity("app", Method.SCRAM_SHA_256_PLUS)));
    }

    @Test
    void acceptsAClientThatCannotBindThoughWeCould() {
        client.header = "n,,";
        assertThat(client.login(Logins.scram(Logins.bound("app")), PLAIN)).isInstanceOf(Step.Accepted.class);
    }

    @Test
    void acceptsAClientThatCouldBindWhereWeCannot() {
        client.header = "y,,";
        assertThat(client.login(Logins.scram(Logins.tls("app")), PLAIN)).isInstanceOf(Step.Accepted.class);
    }

    @Test
    void refusesTheDowngradeOfAClientThatDidNotSeePlusOffered() {
        client.header = "y,,";
        assertRejected(client.login(Logins.scram(Logins.bound("app")), PLAIN), Rejection.ChannelBindingFailed.class);
    }

    @Test
    void refusesChannelBindingDataOfAnotherCertificate() {
        client.header = "p=tls-server-end-point,,";
        client.bindingData = new byte[] {1, 2, 3, 4};
        assertRejected(client.login(Logins.scram(Logins.bound("app")), PLUS), Rejection.ChannelBindingFailed.class);
    }

    @Test
    void refusesChannelBindingInputThatIsNotTheFirstHeader() {
        Exchange exchange = Logins.scram(Logins.plain("app"));
        exchange.start();
        Step challenge = exchange.onSaslInitial(PLAIN, client.first());
        client.header = "y,,";
        assertThat(challenge)
                .isInstanceOfSatisfying(
                        Step.SaslContinue.class,
                        c -> assertRejected(
                                exchange.onSaslResponse(client.last(c.data())), Rejection.ChannelBindingFailed.class));
    }

    @Test
    void refusesPlusWithoutBindingAndBindingWithoutPlus() {
        client.header = "n,,";
        assertProtocolError(client.login(Logins.scram(Logins.bound("app")), PLUS));
        client.header = "y,,";
        assertProtocolError(client.login(Logins.scram(Logins.bound("app")), PLUS));
        client.header = "p=tls-server-end-point,,";
        assertProtocolError(client.login(Logins.scram(Logins.bound("app")), PLAIN));
    }

    @Test
    void refusesAnotherBindingType() {
        client.header = "p=tls-unique,,";
        assertProtocolError(client.login(Logins.scram(Logins.bound("app")), PLUS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "scram-sha-256", ""})
    void refusesAMechanismThatWasNotOffered(String mechanism) {
        assertProtocolError(client.login(Logins.scram(Logins.plain("app")), mechanism));
    }

    @Test
    void refusesTheWrongPassword() {
        client.password = Secret.ofText("wrong");
        assertThat(client.login(Logins.scram(Logins.plain("app")), PLAIN))
                .isEqualTo(new Step.Rejected(new Rejection.BadPassword("app")));
    }

    @Test
    void tellsTheOperatorWhatIsWrongWithTheUser() {
        assertThat(client.login(Logins.scram(Logins.plain("ghost")), PLAIN))
                .isEqualTo(new Step.Rejected(new Rejection.UnknownUser("ghost")));

        Instant past = Instant.parse("2020-01-01T00:00:00Z");
        UserStore expired = Logins.users(new StoredPassword(Optional.of(Logins.VERIFIER), Optional.empty(), past));
        assertThat(client.login(Logins.scram(Logins.plain("app"), expired), PLAIN))
                .isEqualTo(new Step.Rejected(new Rejection.Expired("app", past)));

        UserStore md5 = Logins.users(StoredPassword.of(Md5Hash.of(Logins.PASSWORD, "app")));
        assertRejected(client.login(Logins.scram(Logins.plain("app"), md5), PLAIN), Rejection.UnusablePassword.class);

        UserStore down = user -> new UserStore.Lookup.Failed("connection refused");
        assertRejected(client.login(Logins.scram(Logins.plain("app"), down), PLAIN), Rejection.LookupFailed.class);

        Exchange fake = new FakeAuthenticator(Logins.FAKES, ChannelBinding.PREFER)
                .begin(Logins.noRoute("nowhere"), Runnable::run);
        assertThat(client.login(fake, PLAIN)).isEqualTo(new Step.Rejected(new Rejection.UnknownDatabase("nowhere")));
    }

    @Test
    void waitsForALookUpElsewhere() {
        CompletableFuture<UserStore.Lookup> lookup = new CompletableFuture<>();
        Exchange exchange = Logins.scram(Logins.plain("app"), user -> new UserStore.Lookup.Pending(lookup));
        exchange.start();
        Step.Later later = (Step.Later) exchange.onSaslInitial(PLAIN, client.first());
        assertThat(later.step().toCompletableFuture()).isNotDone();

        lookup.complete(new UserStore.Lookup.Found(StoredPassword.of(Logins.VERIFIER)));

        Step.SaslContinue challenge =
                (Step.SaslContinue) later.step().toCompletableFuture().join();
        assertThat(exchange.onSaslResponse(client.last(challenge.data()))).isInstanceOf(Step.Accepted.class);
    }

    @Test
    void aLookUpThatBreaksEndsTheLoginAndDoesNotHang() {
        Exchange exchange = Logins.scram(
                Logins.plain("app"),
                user -> new UserStore.Lookup.Pending(
                        CompletableFuture.failedFuture(new IllegalStateException("broken"))));
        exchange.start();
        Step.Later later = (Step.Later) exchange.onSaslInitial(PLAIN, client.first());
        Step.SaslContinue challenge =
                (Step.SaslContinue) later.step().toCompletableFuture().join();
        assertRejected(exchange.onSaslResponse(client.last(challenge.data())), Rejection.LookupFailed.class);
    }

    @Test
    void endsWhenClosedDuringALookUp() {
        CompletableFuture<UserStore.Lookup> lookup = new CompletableFuture<>();
        Exchange exchange = Logins.scram(Logins.plain("app"), user -> new UserStore.Lookup.Pending(lookup));
        exchange.start();
        Step.Later later = (Step.Later) exchange.onSaslInitial(PLAIN, client.first());

        exchange.close();
        lookup.complete(new UserStore.Lookup.Found(StoredPassword.of(Logins.VERIFIER)));

        assertProtocolError(later.step().toCompletableFuture().join());
    }

    @Test
    void refusesMessagesOutOfTurn() {
        Exchange response = Logins.scram(Logins.plain("app"));
        response.start();
        assertProtocolError(response.onSaslResponse(client.first()));

        Exchange twice = Logins.scram(Logins.plain("app"));
        twice.start();
        assertThat(twice.onSaslInitial(PLAIN, client.first())).isInstanceOf(Step.SaslContinue.class);
        assertProtocolError(twice.onSaslInitial(PLAIN, client.first()));

        Exchange password = Logins.scram(Logins.plain("app"));
        password.start();
        assertProtocolError(password.onPassword("secret".getBytes(UTF_8)));

        assertProtocolError(Logins.scram(Logins.plain("app")).onSaslInitial(PLAIN, client.first()));

        Exchange after = Logins.scram(Logins.plain("app"));
        client.login(after, PLAIN);
        assertProtocolError(after.onSaslResponse(client.first()));
    }

    private static void assertProtocolError(Step step) {
        assertRejected(step, Rejection.ProtocolError.class);
    }

    private static void assertRejected(Step step, Class<? extends Rejection> why) {
        assertThat(step)
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(why));
    }
}
