package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** clientLoginTimeout: one deadline from accept to the first ReadyForQuery, wherever the client stops. */
class LoginTimeoutIT {
    private static final Duration LIMIT = Duration.ofSeconds(1);
    /** On a busy machine the cut comes late, never early. */
    private static final Duration LATEST = Duration.ofSeconds(4);

    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        gateway = GatewayFixture.start(GatewayYaml.of(RouteYaml.to(PostgresServers.shared(), "orders", "orders"))
                .withTimeouts("{clientLoginTimeout: 1s, drainDelay: 0s}"));
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    static Stream<Arguments> stages() {
        return Stream.of(
                stage("says nothing", client -> {}),
                stage("sends half a length", client -> client.send(new byte[] {0, 0})),
                stage("sends half a startup packet", client -> client.send(Arrays.copyOf(startup(), 20))),
                stage("asks for TLS and goes silent", client -> {
                    client.send(FrontendBytes.sslRequest());
                    client.receiveByte();
                }),
                stage("stops inside the handshake", client -> {
                    client.send(FrontendBytes.sslRequest());
                    client.receiveByte();
                    // The header of a record of 512 bytes with a ClientHello, and little of it.
                    client.send(new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3, 1, 2, 3});
                }),
                stage("sends no startup packet inside TLS", LoginTimeoutIT::startTls),
                stage("sends half a startup packet inside TLS", client -> {
                    startTls(client);
                    client.send(Arrays.copyOf(startup(), 20));
                }),
                stage("does not answer the SASL request", client -> {
                    startTls(client);
                    client.send(startup());
                    client.receive();
                }),
                stage("does not prove itself", client -> {
                    startTls(client);
                    client.send(startup());
                    client.receive();
                    byte[] first = "n,,n=,r=abcdefghijklmnop".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
                    client.send(FrontendBytes.password(
                            FrontendBytes.cString("SCRAM-SHA-256"), FrontendBytes.int32(first.length), first));
                    client.receive();
                }),
                stage("sends half a SASL message", client -> {
                    startTls(client);
                    client.send(startup());
                    client.receive();
                    client.send(new byte[] {'p', 0, 0, 0, 50, 'S'});
                }));
    }

    private static Arguments stage(String name, Consumer<WireClient> client) {
        return Arguments.of(name, client);
    }

    private static void startTls(WireClient client) {
        client.startTls(gateway.address("orders").tls().orElseThrow());
    }

    private static byte[] startup() {
        return FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("user", "app", "database", "orders"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("stages")
    void cutsAClientThat(String stage, Consumer<WireClient> behaviour) {
        long start = System.nanoTime();
        try (WireClient client = WireClient.open(gateway.tlsPort())) {
            behaviour.accept(client);
            assertThat(client.closedWithin(LATEST)).isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(LIMIT.minusMillis(100));
        }
        gateway.assertNoClients();
    }

    @Test
    void cutsAClientThatDripsItsStartupPacket() {
        long start = System.nanoTime();
        try (WireClient client = WireClient.open(gateway.tlsPort())) {
            startTls(client);
            byte[] startup = startup();
            int sent = 0;
            while (!client.closedWithin(Duration.ofMillis(100))) {
                assertThat(sent)
                        .as("a byte each 100 ms must not move the deadline")
                        .isLessThan(40);
                try {
                    client.send(new byte[] {startup[sent++]});
                } catch (java.io.UncheckedIOException cut) {
                    break;
                }
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(LIMIT.minusMillis(100), LATEST);
        }
    }

    @Test
    void leavesAClientAloneThatHasLoggedIn() {
        ServerAddress address = gateway.address("orders");
        try (WireClient client = WireClient.connect(address)) {
            // Past the deadline that a client of the same age would have been cut at.
            assertThat(client.closedWithin(LIMIT.multipliedBy(2))).isFalse();
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }
}
