package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * SCRAM messages that no client sends, through TLS and the gateway: each is answered with an error and the end of the
 * connection, never with silence (CVE-2026-6664, -6665).
 */
class MalformedScramIT {
    private static final GatewayFixture GATEWAY = GatewayFixture.shared();
    private static final String PLAIN = "SCRAM-SHA-256";
    private static final String PLUS = "SCRAM-SHA-256-PLUS";
    private static final String NONCE = "abcdefghijklmnop";

    @AfterAll
    static void clean() {
        GATEWAY.assertClean();
    }

    /** A client that has been asked for SASL inside TLS; both mechanisms were offered. */
    private static WireClient asked() {
        ServerAddress address = GATEWAY.address("orders");
        WireClient client = WireClient.open(address.port());
        client.startTls(address.tls().orElseThrow());
        client.send(FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("user", "app", "database", "orders")));
        WireMessage request = client.receive();
        assertThat(new String(request.body(), StandardCharsets.US_ASCII)).contains(PLAIN, PLUS);
        return client;
    }

    private static byte[] initial(String mechanism, String message) {
        byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
        return FrontendBytes.password(FrontendBytes.cString(mechanism), FrontendBytes.int32(bytes.length), bytes);
    }

    private static String refusal(WireClient client, byte[] message) {
        try (client) {
            client.send(message);
            List<WireMessage> answer = client.receiveUntilClosed();
            assertThat(answer).hasSize(1);
            return answer.getFirst().toString();
        }
    }

    private static String afterServerFirst(String spoiled) {
        WireClient client = asked();
        client.send(initial(PLAIN, "n,,n=,r=" + NONCE));
        byte[] body = client.receive().body();
        String nonce = new String(Arrays.copyOfRange(body, 4, body.length), StandardCharsets.US_ASCII)
                .split(",")[0].substring(2);
        return refusal(
                client, FrontendBytes.password(spoiled.replace("NONCE", nonce).getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void emptyInitialResponseIsRefused() {
        assertThat(refusal(asked(), initial(PLAIN, ""))).isEqualTo("E(FATAL 08P01)");
    }

    @Test
    void absentInitialResponseIsAskedForAgainAndNotTakenForProof() {
        try (WireClient client = asked()) {
            client.send(FrontendBytes.password(FrontendBytes.cString(PLAIN), FrontendBytes.int32(-1)));
            // PostgreSQL sends an empty challenge; an error would do as well. Silence would not.
            assertThat(client.receive().toString()).isIn("R(11)", "E(FATAL 08P01)");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"n", "n,", "n,,", "n,,n=,r=", "n,,n=app", "n,,m=x,n=,r=abc", "x,,n=,r=abc", ",,,,,"})
    void truncatedOrStrangeInitialResponseIsRefused(String message) {
        assertThat(refusal(asked(), initial(PLAIN, message))).isEqualTo("E(FATAL 08P01)");
    }

    @Test
    void hugeInitialResponseIsRefused() {
        assertThat(refusal(asked(), initial(PLAIN, "n,,n=,r=" + "a".repeat(60_000))))
                .startsWith("E(FATAL");
        WireClient client = asked();
        assertThat(refusal(client, new byte[] {'p', 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff}))
                .startsWith("E(FATAL");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wrong nonce | c=biws,r=somethingElse,p=AAAA",
                "nonce of the client alone | c=biws,r=" + NONCE + ",p=AAAA",
                "empty | ''",
                "truncated | c=biws",
                "without a proof | c=biws,r=NONCE",
                "bad base64 | c=biws,r=NONCE,p=***",
                "proof too short | c=biws,r=NONCE,p=AAAA",
                "binding input that is none | c=%%,r=NONCE,p=AAAA"
            })
    void malformedResponseIsRefused(String what, String message) {
        assertThat(afterServerFirst(message)).as(what).startsWith("E(FATAL");
    }

    @Test
    void hugeResponseIsRefused() {
        assertThat(afterServerFirst("c=biws,r=NONCE,x=" + "a".repeat(60_000) + ",p=AAAA"))
                .startsWith("E(FATAL");
    }

    /** "I could bind, but you did not offer it", to a gateway that has offered it: somebody in between took it out. */
    @Test
    void aDowngradeOfTheMechanismsIsNoticed() {
        assertThat(refusal(asked(), initial(PLAIN, "y,,n=,r=" + NONCE))).startsWith("E(FATAL");
        assertThat(refusal(asked(), initial(PLAIN, "p=tls-server-end-point,,n=,r=" + NONCE)))
                .startsWith("E(FATAL");
        assertThat(refusal(asked(), initial(PLUS, "n,,n=,r=" + NONCE))).startsWith("E(FATAL");
        assertThat(refusal(asked(), initial(PLUS, "p=tls-unique,,n=,r=" + NONCE)))
                .startsWith("E(FATAL");
    }

    @Test
    void theConnectionEndsAtOnce() {
        WireClient client = asked();
        client.send(initial(PLAIN, "garbage"));
        client.receive();
        assertThat(client.closedWithin(Duration.ofSeconds(5))).isTrue();
        client.close();
    }
}
