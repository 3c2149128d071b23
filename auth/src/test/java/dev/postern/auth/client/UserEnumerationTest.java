package dev.postern.auth.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.FakeVerifiers;
import dev.postern.auth.password.ScramVerifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** An unknown user, an unknown database and a wrong password look alike: in messages, in their sizes, in salts, in time. */
class UserEnumerationTest {
    private static final String PLAIN = "SCRAM-SHA-256";

    @Test
    void messagesAreTheSameForUnknownUserUnknownDatabaseAndWrongPassword() {
        List<String> wrongPassword = transcript(Logins.scram(Logins.plain("app")));
        List<String> unknownUser = transcript(Logins.scram(Logins.plain("ghost")));
        List<String> unknownDatabase = transcript(fake("nowhere"));

        assertThat(wrongPassword).containsExactly("AskSasl[SCRAM-SHA-256]", "r=48,s=24,i=4096", "PasswordFailed");
        assertThat(unknownUser).isEqualTo(wrongPassword);
        assertThat(unknownDatabase).isEqualTo(wrongPassword);
    }

    @Test
    void theSaltOfAnUnknownUserIsStableLikeARealOne() {
        assertThat(salt(Logins.scram(Logins.plain("ghost")))).isEqualTo(salt(Logins.scram(Logins.plain("ghost"))));
        assertThat(salt(Logins.scram(Logins.plain("app")))).isEqualTo(salt(Logins.scram(Logins.plain("app"))));
        assertThat(salt(Logins.scram(Logins.plain("ghost")))).isNotEqualTo(salt(Logins.scram(Logins.plain("ghost2"))));
        assertThat(salt(fake("nowhere"))).isEqualTo(salt(fake("nowhere"))).isNotEqualTo(salt(fake("elsewhere")));
    }

    @Test
    void theSaltCannotBeForetoldWithoutTheGatewaysKey() {
        FakeVerifiers other = new FakeVerifiers(Secret.ofText("another key"), 4096);
        assertThat(other.of("route orders", "ghost").salt())
                .isNotEqualTo(Logins.FAKES.of("route orders", "ghost").salt());
    }

    @Test
    void aFakeVerifierHonoursNoProofAtAll() {
        ScriptedScramClient client = new ScriptedScramClient();
        assertThat(client.login(Logins.scram(Logins.plain("ghost")), PLAIN))
                .isEqualTo(new Step.Rejected(new Rejection.UnknownUser("ghost")));
    }

    @Test
    void theWorkIsTheSame() {
        Supplier<Exchange> known = () -> Logins.scram(Logins.plain("app"));
        Supplier<Exchange> unknown = () -> Logins.scram(Logins.plain("ghost"));
        nanos(known, 3000);
        nanos(unknown, 3000);
        List<Long> knownNanos = new ArrayList<>();
        List<Long> unknownNanos = new ArrayList<>();
        // In turns, so that whatever else runs on the machine falls on both.
        for (int i = 0; i < 200; i++) {
            knownNanos.addAll(nanos(known, 20));
            unknownNanos.addAll(nanos(unknown, 20));
        }

        assertThat(median(unknownNanos) / median(knownNanos)).isCloseTo(1.0, within(0.3));
    }

    private static List<Long> nanos(Supplier<Exchange> exchanges, int count) {
        ScriptedScramClient client = new ScriptedScramClient();
        List<Long> result = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] first = client.first();
            long began = System.nanoTime();
            Exchange exchange = exchanges.get();
            exchange.start();
            byte[] serverFirst = ((Step.SaslContinue) exchange.onSaslInitial(PLAIN, first)).data();
            exchange.onSaslResponse(wrongProof(serverFirst));
            result.add(System.nanoTime() - began);
        }
        return result;
    }

    private static double median(List<Long> values) {
        long[] sorted = values.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static List<String> transcript(Exchange exchange) {
        List<String> seen = new ArrayList<>();
        seen.add("AskSasl" + ((Step.AskSasl) exchange.start()).mechanisms());
        byte[] serverFirst =
                ((Step.SaslContinue) exchange.onSaslInitial(PLAIN, new ScriptedScramClient().first())).data();
        String[] parts = new String(serverFirst, UTF_8).split(",");
        seen.add("r=" + (parts[0].length() - 2) + ",s=" + (parts[1].length() - 2) + "," + parts[2]);
        Step.Rejected end = (Step.Rejected) exchange.onSaslResponse(wrongProof(serverFirst));
        seen.add(
                end.why() instanceof Rejection.PasswordFailed
                        ? "PasswordFailed"
                        : end.why().reason());
        return seen;
    }

    private static String salt(Exchange exchange) {
        exchange.start();
        byte[] serverFirst =
                ((Step.SaslContinue) exchange.onSaslInitial(PLAIN, new ScriptedScramClient().first())).data();
        return new String(serverFirst, UTF_8).split(",")[1];
    }

    private static byte[] wrongProof(byte[] serverFirst) {
        String nonce = new String(serverFirst, UTF_8).split(",")[0].substring(2);
        return ("c=biws,r=" + nonce + ",p=" + "A".repeat(43) + "=").getBytes(UTF_8);
    }

    private static Exchange fake(String database) {
        return new FakeAuthenticator(Logins.FAKES, ChannelBinding.PREFER)
                .begin(Logins.noRoute(database), Runnable::run);
    }

    @Test
    void md5AsksEverybodyForWhatItsUsersHave() {
        for (boolean md5 : new boolean[] {false, true}) {
            StaticUserStore listed = new StaticUserStore(
                    Map.of("app", new PasswordSource.Inline(Logins.PASSWORD)), ScramVerifier.DEFAULT_ITERATIONS, md5);
            listed.reload();
            assertThat(md5(listed, "ghost").start())
                    .as("where users have a verifier %s", md5 ? "and an md5 hash" : "alone")
                    .hasSameClassAs(md5(listed, "app").start());
        }
    }

    private static Exchange md5(UserStore users, String user) {
        return new Md5Authenticator(users, Logins.FAKES, ChannelBinding.PREFER)
                .begin(Logins.plain(user), Runnable::run);
    }
}
