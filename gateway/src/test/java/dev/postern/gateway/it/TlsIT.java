package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.WireClient;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a listener's TLS settings do, as OpenSSL and the JDK see it from outside. */
class TlsIT {
    private static final Path FOLDER = TemporaryFolders.create("tls");
    private static final Certificates AUTHORITY = Certificates.shared();
    private static final Certificates.KeyPairFiles EC = AUTHORITY.issueForLocalhost("tls-ec");
    private static final Certificates.KeyPairFiles RSA = AUTHORITY.issueFor("tls-rsa", true, "localhost");
    private static final Certificates.KeyPairFiles GOOD = AUTHORITY.issueForClient("tls-good", "ann@example.com");
    private static final Certificates.KeyPairFiles REVOKED = AUTHORITY.issueForClient("tls-revoked", "bob@example.com");
    private static final Certificates.KeyPairFiles STRANGER =
            Certificates.create().issueForClient("tls-stranger", "ann@example.com");
    private static final Map<String, Integer> PORTS = new LinkedHashMap<>();
    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        Path crl = AUTHORITY.crlFile(REVOKED);
        String clients = ", clientCaFile: " + AUTHORITY.caFile() + ", crlFile: " + crl;
        String listeners = listener("usual", "")
                + listener("newest", ", minProtocol: TLSv1.3")
                + listener("suites", ", cipherSuites: [ECDHE-ECDSA-CHACHA20-POLY1305, ECDHE-RSA-CHACHA20-POLY1305]")
                + listener("groups", ", groups: [P-256]")
                + listener("optional", clients)
                + listener("required", clients + ", clientCertificates: required");
        RouteYaml orders = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
        gateway = GatewayFixture.start(GatewayYaml.of(
                        orders,
                        orders.named("cert")
                                .withClientAuth("{cert: {map: [{identity: '/^(.*)@example\\.com$', role: '\\1'},"
                                        + " {identity: ann@example.com, role: exact}]}}"))
                .withListeners(listeners));
    }

    private static String listener(String name, String more) {
        PORTS.put(name, FreePorts.one());
        return """
                  - name: %s
                    address: 127.0.0.1:%d
                    tls: {certificates: [{certFile: %s, keyFile: %s}, {certFile: %s, keyFile: %s}]%s}
                """.formatted(name, port(name), EC.certificate(), EC.key(), RSA.certificate(), RSA.key(), more);
    }

    private static int port(String listener) {
        return java.util.Objects.requireNonNull(PORTS.get(listener), listener);
    }

    @AfterAll
    static void stop() {
        try {
            gateway.assertClean();
        } finally {
            gateway.close();
        }
    }

    // ---- OpenSSL

    /** What {@code openssl s_client} prints; it sends a startup packet, so that there is an answer and a ticket behind it. */
    private static String openssl(String listener, String... options) throws Exception {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "openssl"))),
                "openssl is not installed");
        List<String> command = new ArrayList<>(List.of(
                "openssl",
                "s_client",
                "-starttls",
                "postgres",
                "-connect",
                "127.0.0.1:" + port(listener),
                "-servername",
                "localhost",
                "-verify_return_error",
                "-CAfile",
                AUTHORITY.caFile().toString()));
        command.addAll(List.of(options));
        Path output = Files.createTempFile(FOLDER, "openssl", ".txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("user", "app", "database", "orders")));
            in.flush();
            // The SASL request follows the ticket; or the handshake fails, and with it the program.
            Awaitility.await("openssl")
                    .atMost(Duration.ofSeconds(10))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> !process.isAlive()
                            || Files.readString(output, java.nio.charset.StandardCharsets.ISO_8859_1)
                                    .contains("SCRAM-SHA-256"));
        } catch (IOException ended) {
            // What it printed says why.
        }
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return Files.readString(output, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Test
    void theClientsAlgorithmsChooseBetweenRsaAndEcdsaOfOneName() throws Exception {
        assertThat(openssl("usual", "-sigalgs", "ecdsa_secp256r1_sha256"))
                .contains("Peer signature type: ECDSA", "SCRAM-SHA-256");
        assertThat(openssl("usual", "-sigalgs", "rsa_pss_rsae_sha256:RSA+SHA256"))
                .contains("Peer signature type: RSA-PSS", "SCRAM-SHA-256");
        assertThat(openssl("usual", "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"))
                .contains("Cipher is ECDHE-RSA-AES128-GCM-SHA256", "SCRAM-SHA-256");
        assertThat(openssl("usual", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"))
                .contains("Cipher is ECDHE-ECDSA-AES128-GCM-SHA256", "SCRAM-SHA-256");
    }

    @Test
    void versionsBelowTheLeastAreRefused() throws Exception {
        assertThat(openssl("usual", "-tls1_2")).contains("New, TLSv1.2", "SCRAM-SHA-256");
        assertThat(openssl("usual", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"))
                .contains("alert protocol version")
                .doesNotContain("SCRAM-SHA-256");
        assertThat(openssl("newest", "-tls1_2"))
                .contains("alert protocol version")
                .doesNotContain("SCRAM-SHA-256");
        assertThat(openssl("newest", "-tls1_3")).contains("New, TLSv1.3", "SCRAM-SHA-256");
    }

    @Test
    void suitesOfTls12CanBeChosen() throws Exception {
        assertThat(openssl("suites", "-tls1_2")).contains("Cipher is ECDHE-ECDSA-CHACHA20-POLY1305", "SCRAM-SHA-256");
        assertThat(openssl("suites", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"))
                .contains("handshake failure")
                .doesNotContain("SCRAM-SHA-256");
        assertThat(openssl("suites", "-tls1_3")).as("1.3 has its own").contains("New, TLSv1.3", "SCRAM-SHA-256");
    }

    @Test
    void groupsCanBeChosen() throws Exception {
        assertThat(openssl("usual", "-groups", "X25519:P-256")).contains("Server Temp Key: X25519");
        assertThat(openssl("groups", "-groups", "X25519:P-256")).contains("Server Temp Key: ECDH, prime256v1");
        assertThat(openssl("groups", "-groups", "X25519"))
                .contains("handshake failure")
                .doesNotContain("SCRAM-SHA-256");
    }

    @Test
    void sessionsAreResumedByTicketsInBothVersions() throws Exception {
        for (String version : List.of("-tls1_2", "-tls1_3")) {
            String session = FOLDER.resolve("session" + version).toString();
            assertThat(openssl("usual", version, "-sess_out", session)).contains("New, TLSv1.");
            assertThat(openssl("usual", version, "-sess_in", session))
                    .as(version)
                    .contains("Reused, TLSv1.", "SCRAM-SHA-256");
            // Another listener's clients may be others: its certificates, its authority.
            assertThat(openssl("required", version, "-sess_in", session)).doesNotContain("Reused, TLSv1.");
        }
    }

    // ---- the JDK

    private static WireClient connect(String listener, SSLContext context, String database, String user) {
        WireClient client = WireClient.open(port(listener));
        client.startTls(context);
        return client.login(new ServerAddress(port(listener), Optional.empty(), user, "app-secret", database));
    }

    /** Sends nothing more: a client that writes to a server that has hung up may find that out before it reads why. */
    private static void readAfterHandshake(String listener, SSLContext context) {
        try (WireClient client = WireClient.open(port(listener))) {
            client.startTls(context);
            client.receive();
        }
    }

    private static String served(String listener, SSLContext context, String database, String user) {
        try (WireClient client = connect(listener, context, database, user)) {
            return client.ask("select 'served'");
        }
    }

    @Test
    void clientCertificatesAreOptionalOrRequired() {
        SSLContext none = AUTHORITY.clientContext();
        SSLContext good = AUTHORITY.clientContext(GOOD);
        assertThat(served("optional", none, "orders", "app")).isEqualTo("served");
        assertThat(served("optional", good, "orders", "app")).isEqualTo("served");
        assertThat(served("required", good, "orders", "app")).isEqualTo("served");
        // TLS 1.3: the client's part is over before the server has said no.
        assertThatThrownBy(() -> connect("required", none, "orders", "app"))
                .isInstanceOfAny(WireClient.ConnectionEnded.class, java.io.UncheckedIOException.class);
        assertThatThrownBy(() -> connect("optional", AUTHORITY.clientContext(STRANGER), "orders", "app"))
                .as("one of an authority that nobody knows is not passed over")
                .isInstanceOfAny(WireClient.ConnectionEnded.class, java.io.UncheckedIOException.class);
    }

    @Test
    void aRevokedCertificateIsRefused() {
        for (String listener : List.of("optional", "required")) {
            Throwable refused = catchThrowable(() -> readAfterHandshake(listener, AUTHORITY.clientContext(REVOKED)));
            assertThat(refused).isInstanceOfAny(WireClient.ConnectionEnded.class, java.io.UncheckedIOException.class);
            assertThat(refused).rootCause().hasMessageContaining("certificate_revoked");
        }
    }

    @Test
    void aCertificateStandsForRolesByExactNameAndByPattern() {
        SSLContext good = AUTHORITY.clientContext(GOOD);
        assertThat(served("required", good, "cert", "ann")).isEqualTo("served");
        assertThat(served("required", good, "cert", "exact")).isEqualTo("served");
        assertThat(catchThrowableOfType(WireClient.LoginRefused.class, () -> served("required", good, "cert", "bob"))
                        .error()
                        .sqlState())
                .isEqualTo("28000");
        assertThat(catchThrowableOfType(
                                WireClient.LoginRefused.class,
                                () -> served("optional", AUTHORITY.clientContext(), "cert", "ann"))
                        .error()
                        .sqlState())
                .isEqualTo("28000");
    }

    @Test
    void handshakesBeyondTheLimitWaitForTheirTurn() {
        RouteYaml orders = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
        try (GatewayFixture narrow = GatewayFixture.start(GatewayYaml.of(orders).withLimits("{maxHandshakes: 2}"))) {
            List<WireClient> stuck = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                WireClient client = WireClient.open(narrow.tlsPort());
                client.send(FrontendBytes.sslRequest());
                client.receiveByte();
                client.send(Hello.record());
                stuck.add(client);
                // ServerHello: the handshake has begun.
                assertThat(client.receiveByte()).isEqualTo(0x16);
            }
            Thread late =
                    Thread.ofVirtual().unstarted(() -> narrow.connect("orders").close());
            late.start();
            Awaitility.await("one waits").until(() -> narrow.handshakesWaiting() == 1);
            assertThat(narrow.handshakes()).isEqualTo(2);
            stuck.getFirst().abandon();
            Awaitility.await("its turn has come").until(() -> !late.isAlive());
            stuck.getLast().abandon();
            Awaitility.await("none is left").until(() -> narrow.handshakes() == 0 && narrow.handshakesWaiting() == 0);
            narrow.assertClean();
        }
    }

    /** A ClientHello of the JDK's, as bytes. */
    private static final class Hello {
        static byte[] record() {
            try {
                javax.net.ssl.SSLEngine engine = AUTHORITY.clientContext().createSSLEngine();
                engine.setUseClientMode(true);
                java.nio.ByteBuffer out = java.nio.ByteBuffer.allocate(1 << 15);
                engine.wrap(java.nio.ByteBuffer.allocate(0), out);
                return java.util.Arrays.copyOf(out.array(), out.position());
            } catch (javax.net.ssl.SSLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
