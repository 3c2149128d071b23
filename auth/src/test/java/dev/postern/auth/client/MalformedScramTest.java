package dev.postern.auth.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every malformed SCRAM message is answered with a protocol error: never with an exception or silence (CVE-2026-6664, -6665). */
class MalformedScramTest {
    private static final String PLAIN = "SCRAM-SHA-256";

    static Stream<Arguments> firstMessages() {
        return Map.ofEntries(
                        Map.entry("empty initial response", ""),
                        Map.entry("flag alone", "n"),
                        Map.entry("truncated in the header", "n,"),
                        Map.entry("header alone", "n,,"),
                        Map.entry("truncated after the name", "n,,n=user"),
                        Map.entry("truncated in the nonce", "n,,n=user,r="),
                        Map.entry("no name", "n,,r=abc"),
                        Map.entry("mandatory extension", "n,,m=ext,n=,r=abc"),
                        Map.entry("authorization identity", "n,a=admin,n=,r=abc"),
                        Map.entry("unknown flag", "x,,n=,r=abc"),
                        Map.entry("binding type without a name", "p=,,n=,r=abc"),
                        Map.entry("nonce with a control character", "n,,n=,r=a\u0001b"),
                        Map.entry("nonce with a space", "n,,n=,r=a b"),
                        Map.entry("nonce outside ASCII", "n,,n=,r=aéb"),
                        Map.entry("malformed extension", "n,,n=,r=abc,extension"),
                        Map.entry("empty extension", "n,,n=,r=abc,"),
                        Map.entry("zero byte", "n,,n=,r=abc\u0000"),
                        Map.entry("commas only", ",,,,,,,,"),
                        Map.entry("huge", "n,,n=,r=" + "a".repeat(1_000_000)))
                .entrySet()
                .stream()
                .map(e -> Arguments.of(e.getKey(), e.getValue().getBytes(UTF_8)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("firstMessages")
    void firstMessageIsRefused(String name, byte[] message) {
        Exchange exchange = Logins.scram(Logins.plain("app"));
        exchange.start();
        assertProtocolError(exchange.onSaslInitial(PLAIN, message));
    }

    @Test
    void firstMessageThatIsNotUtf8IsRefused() {
        Exchange exchange = Logins.scram(Logins.plain("app"));
        exchange.start();
        assertProtocolError(exchange.onSaslInitial(PLAIN, "n,,n=\u00ff\u00fe,r=abc".getBytes(ISO_8859_1)));
    }

    static Stream<Arguments> finalMessages() {
        return Map.<String, UnaryOperator<String>>ofEntries(
                        Map.entry("empty", m -> ""),
                        Map.entry("truncated before the proof", m -> m.substring(0, m.indexOf(",p="))),
                        Map.entry("truncated in the proof", m -> m.substring(0, m.length() - 3)),
                        Map.entry("truncated after the binding", m -> "c=biws"),
                        Map.entry("proof without a value", m -> m.substring(0, m.indexOf(",p=") + 3)),
                        Map.entry("wrong nonce", m -> m.replaceFirst(",r=.", ",r=!")),
                        Map.entry("nonce cut to the client's part", m -> m.replaceFirst(",r=(.{24})[^,]*", ",r=$1")),
                        Map.entry("nonce longer than ours", m -> m.replace(",p=", "x,p=")),
                        Map.entry("no nonce", m -> m.replaceFirst(",r=[^,]*", "")),
                        Map.entry("empty nonce", m -> m.replaceFirst(",r=[^,]*", ",r=")),
                        Map.entry("bad base64 in the proof", m -> m.replaceFirst(",p=.", ",p=*")),
                        Map.entry("proof of 31 bytes", m -> m.replaceFirst(",p=.*", ",p=" + "A".repeat(40) + "AA==")),
                        Map.entry("proof of 33 bytes", m -> m.replaceFirst(",p=.*", ",p=" + "A".repeat(44))),
                        Map.entry("proof with stray bits", m -> m.replaceFirst(",p=.*", ",p=" + "A".repeat(42) + "B=")),
                        Map.entry(
                                "proof without padding", m -> m.replace("=", "").replace("c", "c=")),
                        Map.entry("mandatory extension", m -> m.replace(",p=", ",m=x,p=")),
                        Map.entry("malformed extension", m -> m.replace(",p=", ",extension,p=")),
                        Map.entry("something after the proof", m -> m + ",x=1"),
                        Map.entry("no binding", m -> m.substring(m.indexOf(",r=") + 1)),
                        Map.entry("zero byte", m -> m + "\u0000"),
                        Map.entry("huge", m -> m.replace(",p=", ",x=" + "a".repeat(1_000_000) + ",p=")))
                .entrySet()
                .stream()
                .map(e -> Arguments.of(e.getKey(), e.getValue()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("finalMessages")
    void finalMessageIsRefused(String name, UnaryOperator<String> spoil) {
        ScriptedScramClient client = new ScriptedScramClient();
        Exchange exchange = Logins.scram(Logins.plain("app"));
        exchange.start();
        byte[] serverFirst = ((Step.SaslContinue) exchange.onSaslInitial(PLAIN, client.first())).data();
        String good = new String(client.last(serverFirst), UTF_8);
        String spoiled = spoil.apply(good);
        assertThat(spoiled).isNotEqualTo(good);

        assertProtocolError(exchange.onSaslResponse(spoiled.getBytes(UTF_8)));
    }

    @Test
    void optionalExtensionsAreIgnored() {
        ScriptedScramClient client = new ScriptedScramClient();
        client.extensions = ",x=anything,y=more";
        assertThat(client.login(Logins.scram(Logins.plain("app")), PLAIN)).isInstanceOf(Step.Accepted.class);
    }

    @Test
    void bindingInputThatIsNoBase64IsRefusedLikeAWrongOne() {
        ScriptedScramClient client = new ScriptedScramClient();
        Exchange exchange = Logins.scram(Logins.plain("app"));
        exchange.start();
        byte[] serverFirst = ((Step.SaslContinue) exchange.onSaslInitial(PLAIN, client.first())).data();
        String spoiled = new String(client.last(serverFirst), UTF_8).replaceFirst("c=biws", "c=%%%%");

        assertThat(exchange.onSaslResponse(spoiled.getBytes(UTF_8)))
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.ChannelBindingFailed.class));
    }

    @Test
    void noMessageEverThrowsOrLetsAnyoneIn() {
        Random random = new Random(7);
        for (int i = 0; i < 100_000; i++) {
            ScriptedScramClient client = new ScriptedScramClient();
            Exchange exchange = Logins.scram(Logins.plain("app"));
            exchange.start();
            byte[] first = random.nextInt(3) == 0 ? mutated(random, client.first()) : client.first();
            Step step = exchange.onSaslInitial(PLAIN, first);
            if (step instanceof Step.SaslContinue(byte[] serverFirst)) {
                byte[] last = "c=biws,r=%s,p=%s"
                        .formatted(new String(serverFirst, UTF_8).split(",")[0].substring(2), "A".repeat(43) + "=")
                        .getBytes(UTF_8);
                step = exchange.onSaslResponse(mutated(random, last));
            }
            assertThat(step).isInstanceOf(Step.Rejected.class);
        }
    }

    private static byte[] mutated(Random random, byte[] message) {
        byte[] result = Arrays.copyOf(message, random.nextInt(message.length + 4));
        for (int i = random.nextInt(4); i > 0 && result.length > 0; i--) {
            result[random.nextInt(result.length)] = (byte) random.nextInt(256);
        }
        return result;
    }

    private static void assertProtocolError(Step step) {
        assertThat(step)
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.ProtocolError.class));
    }
}
