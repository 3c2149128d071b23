package dev.postern.auth.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.Md5Hash;
import dev.postern.auth.password.ScramVerifier;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** trust, any, md5 and cleartext. */
class OtherMethodsTest {
    private static final Md5Hash HASH = Md5Hash.of(Logins.PASSWORD, "app");

    @Test
    void trustBelievesItsUsersOnLoopback() {
        var trust = new TrustAuthenticator(Set.of("app"), false);
        assertThat(trust.begin(Logins.loopback("app"), Runnable::run).start())
                .isInstanceOfSatisfying(Step.Accepted.class, accepted -> {
                    assertThat(accepted.identity()).isEqualTo(new Identity("app", Method.TRUST));
                    assertThat(accepted.hasSaslFinal()).isFalse();
                });
        assertThat(trust.begin(Logins.loopback("ghost"), Runnable::run).start())
                .isEqualTo(new Step.Rejected(new Rejection.UnknownUser("ghost")));
        assertNotAllowed(trust.begin(Logins.tls("app"), Runnable::run).start());
        assertThat(new TrustAuthenticator(Set.of("app"), true)
                        .begin(Logins.tls("app"), Runnable::run)
                        .start())
                .isInstanceOf(Step.Accepted.class);
    }

    @Test
    void anyAsksNothingOnLoopback() {
        assertThat(new AnyAuthenticator(false)
                        .begin(Logins.loopback("whoever"), Runnable::run)
                        .start())
                .isInstanceOfSatisfying(
                        Step.Accepted.class,
                        accepted -> assertThat(accepted.identity()).isEqualTo(new Identity("whoever", Method.ANY)));
        assertNotAllowed(new AnyAuthenticator(false)
                .begin(Logins.tls("whoever"), Runnable::run)
                .start());
    }

    @Test
    void md5AcceptsTheRightAnswerOnly() {
        Exchange right = md5(Logins.users(StoredPassword.of(HASH)), "app");
        byte[] salt = ((Step.AskMd5) right.start()).salt();
        assertThat(right.onPassword(HASH.response(salt)))
                .isInstanceOfSatisfying(
                        Step.Accepted.class,
                        accepted -> assertThat(accepted.identity()).isEqualTo(new Identity("app", Method.MD5)));

        Exchange wrong = md5(Logins.users(StoredPassword.of(HASH)), "app");
        byte[] other = ((Step.AskMd5) wrong.start()).salt();
        assertThat(wrong.onPassword(Md5Hash.of(Secret.ofText("no"), "app").response(other)))
                .isEqualTo(new Step.Rejected(new Rejection.BadPassword("app")));

        Exchange replayed = md5(Logins.users(StoredPassword.of(HASH)), "app");
        replayed.start();
        assertThat(replayed.onPassword(HASH.response(salt))).isInstanceOf(Step.Rejected.class);
    }

    @Test
    void md5OfAnUnknownUserLooksTheSameAndHonoursNothing() {
        Exchange unknown = md5(Logins.users(StoredPassword.of(HASH)), "ghost");
        byte[] salt = ((Step.AskMd5) unknown.start()).salt();
        assertThat(unknown.onPassword(Md5Hash.NOBODY.response(salt)))
                .isEqualTo(new Step.Rejected(new Rejection.UnknownUser("ghost")));
    }

    @Test
    void md5HonoursValidUntil() {
        Instant past = Instant.parse("2020-01-01T00:00:00Z");
        Exchange expired = md5(Logins.users(new StoredPassword(Optional.empty(), Optional.of(HASH), past)), "app");
        byte[] salt = ((Step.AskMd5) expired.start()).salt();
        assertThat(expired.onPassword(HASH.response(salt)))
                .isEqualTo(new Step.Rejected(new Rejection.Expired("app", past)));
    }

    @Test
    void md5AsksForScramWhereOnlyAVerifierIsStored() {
        Exchange scram = md5(Logins.users(), "app");
        assertThat(new ScriptedScramClient().login(scram, "SCRAM-SHA-256"))
                .isInstanceOfSatisfying(
                        Step.Accepted.class,
                        accepted ->
                                assertThat(accepted.identity()).isEqualTo(new Identity("app", Method.SCRAM_SHA_256)));
    }

    @Test
    void cleartextIsAskedForInsideTlsOnly() {
        assertNotAllowed(cleartext(Logins.users(), Logins.plain("app")).start());
        assertThat(cleartext(Logins.users(), Logins.tls("app")).start()).isEqualTo(new Step.AskPassword());
    }

    @Test
    void cleartextIsCheckedAgainstEitherForm() {
        assertThat(password(Logins.users(), "app", "secret")).isInstanceOf(Step.Accepted.class);
        assertThat(password(Logins.users(StoredPassword.of(HASH)), "app", "secret"))
                .isInstanceOf(Step.Accepted.class);
        for (String wrong : new String[] {"other", "", "secret\n", "S" + "x".repeat(4000)}) {
            assertThat(password(Logins.users(), "app", wrong))
                    .isEqualTo(new Step.Rejected(new Rejection.BadPassword("app")));
            assertThat(password(Logins.users(StoredPassword.of(HASH)), "app", wrong))
                    .isEqualTo(new Step.Rejected(new Rejection.BadPassword("app")));
        }
        assertThat(password(Logins.users(), "ghost", "secret"))
                .isEqualTo(new Step.Rejected(new Rejection.UnknownUser("ghost")));
    }

    @Test
    void cleartextGivesKeysToPassThrough() {
        Step step = password(Logins.users(), "app", "secret");
        assertThat(step)
                .isInstanceOfSatisfying(
                        Step.Accepted.class,
                        accepted -> assertThat(accepted.identity()
                                        .passThrough()
                                        .orElseThrow()
                                        .verifier())
                                .isEqualTo(Logins.VERIFIER));
    }

    @Test
    void cleartextIsTriedAgainWhenTheStoreHasANewerPassword() {
        ScramVerifier newer = ScramVerifier.derive(Secret.ofText("changed"), 4096);
        AtomicBoolean changed = new AtomicBoolean();
        UserStore users = new UserStore() {
            @Override
            public Lookup find(String user) {
                return new Lookup.Pending(CompletableFuture.completedFuture(
                        new Lookup.Found(StoredPassword.of(changed.get() ? newer : Logins.VERIFIER))));
            }

            @Override
            public boolean lookAgain(String user) {
                return changed.compareAndSet(false, true);
            }
        };
        assertThat(password(users, "app", "changed")).isInstanceOf(Step.Accepted.class);
    }

    @Test
    void cleartextTooLongIsRefusedUnread() {
        Exchange exchange = cleartext(Logins.users(), Logins.tls("app"));
        exchange.start();
        assertThat(exchange.onPassword(new byte[CleartextExchange.MAX_PASSWORD_BYTES + 1]))
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.ProtocolError.class));
    }

    @Test
    void messagesOutOfTurnAreProtocolErrors() {
        assertProtocolError(cleartext(Logins.users(), Logins.tls("app")).onPassword(new byte[3]));
        assertProtocolError(md5(Logins.users(), "app").onPassword(new byte[3]));
        assertProtocolError(md5(Logins.users(), "app").onSaslResponse(new byte[3]));
        Exchange sasl = cleartext(Logins.users(), Logins.tls("app"));
        sasl.start();
        assertProtocolError(sasl.onSaslInitial("SCRAM-SHA-256", new byte[3]));
    }

    private static Exchange md5(UserStore users, String user) {
        return new Md5Authenticator(users, Logins.FAKES, ChannelBinding.PREFER)
                .begin(Logins.plain(user), Runnable::run);
    }

    private static Exchange cleartext(UserStore users, LoginFacts facts) {
        return new PasswordAuthenticator(users, Logins.FAKES, Runnable::run, true).begin(facts, Runnable::run);
    }

    private static Step password(UserStore users, String user, String password) {
        Exchange exchange = cleartext(users, Logins.tls(user));
        exchange.start();
        return ((Step.Later) exchange.onPassword(password.getBytes(UTF_8)))
                .step()
                .toCompletableFuture()
                .join();
    }

    private static void assertNotAllowed(Step step) {
        assertThat(step)
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.NotAllowed.class));
    }

    private static void assertProtocolError(Step step) {
        assertThat(step)
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.ProtocolError.class));
    }
}
