package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.WireClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Load balancers in front, and how many connections an address may have. */
class ProxyProtocolIT {
    private static final Path AUDIT =
            dev.postern.gateway.it.harness.TemporaryFolders.create("audit").resolve("audit.json");
    private static GatewayFixture gateway;
    private static int proxied;
    private static int stranger;

    @BeforeAll
    static void start() {
        proxied = FreePorts.one();
        stranger = FreePorts.one();
        RouteYaml orders = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
        gateway = GatewayFixture.start(GatewayYaml.of(
                        orders.withMore("access: {allowCidrs: [203.0.113.0/24, \"2001:db8::/32\"]}"),
                        orders.named("open"),
                        orders.named("signed").withPool("{mode: transaction, applicationNameAddHost: true}"))
                .withListeners("""
                          - name: proxied
                            address: 127.0.0.1:%d
                            tls: {mode: disable}
                            proxyProtocol: {trustedCidrs: [127.0.0.0/8]}
                          - name: stranger
                            address: 127.0.0.1:%d
                            tls: {mode: disable}
                            proxyProtocol: {trustedCidrs: [192.0.2.0/24]}
                        """.formatted(proxied, stranger))
                .withLimits("{maxConnPerAddress: 3, maxLoginsPerAddress: 2}")
                .withMore("logging: {auditFile: " + AUDIT + "}\n"));
    }

    @AfterAll
    static void stop() {
        try {
            gateway.assertClean();
        } finally {
            gateway.close();
        }
    }

    private static ServerAddress address(int port, String database) {
        return new ServerAddress(port, Optional.empty(), "app", "app-secret", database);
    }

    private static byte[] v1(String client) {
        String family = client.indexOf(':') < 0 ? "TCP4" : "TCP6";
        String server = client.indexOf(':') < 0 ? "198.51.100.1" : "2001:db8::1";
        return ("PROXY " + family + " " + client + " " + server + " 40000 5432\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] v2(int... client) {
        byte[] tlv = {(byte) 0xEA, 0, 6, 1, 'v', 'p', 'c', 'e', '1'};
        byte[] header = new byte[16 + 12 + tlv.length];
        byte[] signature = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
        System.arraycopy(signature, 0, header, 0, 12);
        header[12] = 0x21;
        header[13] = 0x11;
        header[15] = (byte) (12 + tlv.length);
        for (int i = 0; i < 4; i++) {
            header[16 + i] = (byte) client[i];
        }
        header[24] = (byte) 0x9c;
        header[25] = 0x40;
        header[26] = 0x15;
        System.arraycopy(tlv, 0, header, 28, tlv.length);
        return header;
    }

    private static String ask(byte[] header, String database) {
        try (WireClient client = WireClient.open(proxied)) {
            client.send(header);
            client.login(address(proxied, database));
            return client.ask("select 'in'");
        }
    }

    @Test
    void believesATrustedProxyInBothVersions() throws Exception {
        assertThat(ask(v1("203.0.113.7"), "orders")).isEqualTo("in");
        assertThat(ask(v1("2001:db8::7"), "orders")).isEqualTo("in");
        assertThat(ask(v2(203, 0, 113, 8), "orders")).isEqualTo("in");
        Awaitility.await("the audit log")
                .atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(Files.readAllLines(AUDIT))
                        .anySatisfy(line -> assertThat(line)
                                .startsWith("{")
                                .contains(
                                        "\"message\":\"client_login\"",
                                        "203.0.113.8:40000",
                                        "\"proxy\":\"127.0.0.1:",
                                        "0xea=vpce1")
                                .contains("\"method\":\"scram-sha-256\"", "\"user\":\"app\"", "\"route\":\"orders\"")));
    }

    @Test
    void addsTheRealAddressToTheApplicationName() {
        try (WireClient client = WireClient.open(proxied)) {
            client.send(v1("203.0.113.7"));
            client.login(address(proxied, "signed"));
            assertThat(client.ask("show application_name")).isEqualTo("app - 203.0.113.7:40000");
            assertThat(client.parameterStatus("application_name")).isEqualTo("app - 203.0.113.7:40000");
            client.query("set application_name = 'mine'");
            assertThat(client.ask("show application_name")).isEqualTo("mine");
        }
        assertThat(ask(v1("203.0.113.7"), "open")).isEqualTo("in");
    }

    @Test
    void usesTheRealAddressForAccess() throws Exception {
        for (byte[] header : List.of(v1("198.51.100.7"), v2(198, 51, 100, 7))) {
            WireClient.LoginRefused refused =
                    catchThrowableOfType(WireClient.LoginRefused.class, () -> ask(header, "orders"));
            assertThat(refused).isNotNull();
            assertThat(refused.error().toString()).isEqualTo("E(FATAL 28P01)");
        }
        Awaitility.await("the audit log")
                .atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(Files.readAllLines(AUDIT))
                        .anySatisfy(line -> assertThat(line)
                                .contains(
                                        "\"message\":\"client_refused\"",
                                        "198.51.100.7:40000",
                                        "\"reason\":\"access_denied\"")));
    }

    @Test
    void takesAHeaderThatSpeaksOfNobodyForTheProxysOwnLook() {
        assertThat(ask("PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII), "open"))
                .isEqualTo("in");
    }

    @Test
    void takesAHeaderInPiecesAndTogetherWithWhatFollows() {
        byte[] startup =
                FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, java.util.Map.of("user", "app", "database", "open"));
        try (WireClient client = WireClient.open(proxied)) {
            client.sendSplit(3, v1("203.0.113.9"), startup);
            assertThat(client.receive().toString()).isEqualTo("R(10)");
        }
        try (WireClient client = WireClient.open(proxied)) {
            client.send(v1("203.0.113.9"), startup);
            assertThat(client.receive().toString()).isEqualTo("R(10)");
        }
    }

    @Test
    void refusesATrustedProxyThatSaysNothingAndAStrangerThatSaysSomething() {
        try (WireClient client = WireClient.open(proxied)) {
            client.send(FrontendBytes.startup(
                    FrontendBytes.PROTOCOL_3_0, java.util.Map.of("user", "app", "database", "open")));
            assertThat(client.receiveUntilClosed()).map(Object::toString).containsExactly("E(FATAL 08P01)");
        }
        try (WireClient client = WireClient.open(stranger)) {
            client.send(v1("203.0.113.7"));
            assertThat(client.closedWithin(Duration.ofSeconds(5))).isTrue();
        }
        try (WireClient client = WireClient.connect(address(stranger, "open"))) {
            assertThat(client.ask("select 'in'")).isEqualTo("in");
        }
    }

    @Test
    void limitsTheConnectionsOfAnAddressAndOfThoseThatLogIn() {
        List<WireClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                WireClient client = WireClient.open(proxied);
                clients.add(client);
                client.send(v1("203.0.113.50"));
                client.login(address(proxied, "open"));
            }
            try (WireClient one = WireClient.open(proxied)) {
                one.send(v1("203.0.113.50"));
                assertThat(one.receiveUntilClosed()).map(Object::toString).containsExactly("E(FATAL 53300)");
            }
            try (WireClient other = WireClient.open(proxied)) {
                other.send(v1("203.0.113.51"));
                other.login(address(proxied, "open"));
                assertThat(other.ask("select 'in'")).isEqualTo("in");
            }
        } finally {
            clients.forEach(WireClient::close);
        }
        List<WireClient> halfOpen = new ArrayList<>();
        try {
            for (int i = 0; i < 2; i++) {
                WireClient client = WireClient.open(proxied);
                halfOpen.add(client);
                client.send(v1("203.0.113.60"), new byte[] {0});
            }
            Awaitility.await("the third is one too many")
                    .atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> {
                        try (WireClient one = WireClient.open(proxied)) {
                            one.send(v1("203.0.113.60"));
                            assertThat(one.receiveUntilClosed())
                                    .map(Object::toString)
                                    .containsExactly("E(FATAL 53300)");
                        }
                    });
        } finally {
            halfOpen.forEach(WireClient::close);
        }
        Awaitility.await("nothing is counted for ever")
                .atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(ask(v1("203.0.113.60"), "open")).isEqualTo("in"));
    }
}
