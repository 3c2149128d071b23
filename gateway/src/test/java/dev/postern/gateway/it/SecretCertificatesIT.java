package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.Certificates.KeyPairFiles;
import dev.postern.gateway.it.harness.ClusterWorld;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.WireClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A listener's certificate in a Secret that is watched by the API. */
class SecretCertificatesIT {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final byte[] SSL_REQUEST = {0, 0, 0, 8, 4, (byte) 0xd2, 0x16, 0x2f};
    private static final List<KeyPairFiles> ISSUED = List.of(
            Certificates.shared().issueForLocalhost("secret-1"),
            Certificates.shared().issueForLocalhost("secret-2"));

    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.postern");
    private final Said said = new Said();
    private final ClusterWorld cluster = ClusterWorld.start();
    private final int port = FreePorts.one();

    private static final class Said extends AppenderBase<ILoggingEvent> {
        private final Queue<String> texts = new ConcurrentLinkedQueue<>();

        @Override
        protected void append(ILoggingEvent event) {
            texts.add(event.getFormattedMessage() + " " + event.getKeyValuePairs());
        }
    }

    @BeforeEach
    void prepare() throws IOException {
        said.setContext(logger.getLoggerContext());
        said.start();
        logger.addAppender(said);
        logger.setLevel(Level.TRACE);
        logger.setAdditive(false);
        cluster.api().allowSecret("shop", "gateway-tls");
        put(ISSUED.get(0));
    }

    @AfterEach
    void end() throws IOException {
        cluster.close();
        logger.detachAppender(said);
        logger.setLevel(null);
        logger.setAdditive(true);
        String all = String.join("\n", said.texts);
        for (KeyPairFiles files : ISSUED) {
            String key = Files.readString(files.key());
            assertThat(all).doesNotContain(key.lines().skip(1).findFirst().orElseThrow());
        }
    }

    private void put(KeyPairFiles files) throws IOException {
        cluster.api()
                .put(
                        "shop",
                        "gateway-tls",
                        Map.of(
                                "tls.crt", Files.readString(files.certificate()),
                                "tls.key", Files.readString(files.key())));
    }

    private GatewayFixture gateway() {
        String listener = """
                  - name: secret
                    address: 127.0.0.1:%d
                    tls: {certificates: [{secret: {name: gateway-tls}}]}
                """.formatted(port);
        return GatewayFixture.start(GatewayYaml.of(RouteYaml.to(PostgresServers.shared(), "orders", "orders"))
                .withListeners(listener)
                .withMore(cluster.yaml()));
    }

    /** The certificate that a client is shown. */
    private X509Certificate shown() throws IOException {
        try (Socket plain = new Socket("127.0.0.1", port)) {
            plain.setSoTimeout(5000);
            OutputStream out = plain.getOutputStream();
            out.write(SSL_REQUEST);
            out.flush();
            InputStream in = plain.getInputStream();
            if (in.read() != 'S') {
                throw new IOException("no TLS");
            }
            try (SSLSocket tls = (SSLSocket) Certificates.shared()
                    .clientContext()
                    .getSocketFactory()
                    .createSocket(plain, "localhost", port, true)) {
                tls.startHandshake();
                return (X509Certificate) tls.getSession().getPeerCertificates()[0];
            }
        }
    }

    private static X509Certificate leaf(KeyPairFiles files) {
        return files.bundle().getCertificate();
    }

    private void awaitShown(KeyPairFiles files) {
        Awaitility.await().atMost(SOON).untilAsserted(() -> assertThat(shown()).isEqualTo(leaf(files)));
    }

    private void awaitSaid(String text) {
        Awaitility.await(text).atMost(SOON).until(() -> said.texts.stream().anyMatch(line -> line.contains(text)));
    }

    private void awaitWatch() {
        Awaitility.await("a watch").atMost(SOON).until(() -> cluster.api().watches() == 1);
    }

    @Test
    void servesTheSecretsCertificate() throws Exception {
        try (GatewayFixture gateway = gateway()) {
            assertThat(shown()).isEqualTo(leaf(ISSUED.get(0)));
            try (WireClient client = WireClient.connect(new ServerAddress(
                    port, Optional.of(Certificates.shared().clientContext()), "app", "app-secret", "orders"))) {
                assertThat(client.ask("select 1")).isEqualTo("1");
            }
            gateway.assertClean();
        }
    }

    @Test
    void changesUnderAStormWithoutAFailedHandshake() throws Exception {
        try (GatewayFixture gateway = gateway()) {
            awaitWatch();
            AtomicBoolean going = new AtomicBoolean(true);
            AtomicInteger handshakes = new AtomicInteger();
            Queue<String> failures = new ConcurrentLinkedQueue<>();
            List<Thread> storm = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                storm.add(Thread.startVirtualThread(() -> {
                    while (going.get()) {
                        try {
                            assertThat(shown())
                                    .isIn(ISSUED.stream()
                                            .map(SecretCertificatesIT::leaf)
                                            .toList());
                            handshakes.incrementAndGet();
                        } catch (IOException | AssertionError e) {
                            failures.add(String.valueOf(e));
                        }
                    }
                }));
            }
            for (int round = 1; round <= 10; round++) {
                put(ISSUED.get(round % 2));
                awaitShown(ISSUED.get(round % 2));
            }
            going.set(false);
            for (Thread thread : storm) {
                thread.join();
            }
            assertThat(failures).isEmpty();
            assertThat(handshakes.get()).isGreaterThan(20);
            gateway.assertClean();
        }
    }

    @Test
    void aSpoiledOrDeletedSecretLeavesTheCertificate() throws Exception {
        try (GatewayFixture gateway = gateway()) {
            awaitWatch();
            cluster.api()
                    .put(
                            "shop",
                            "gateway-tls",
                            Map.of(
                                    "tls.crt", Files.readString(ISSUED.get(1).certificate()),
                                    "tls.key", Files.readString(ISSUED.get(0).key())));
            awaitSaid("tls.reload_refused");
            awaitSaid("this key does not match the certificate in secret shop/gateway-tls");
            cluster.api().put("shop", "gateway-tls", Map.of("tls.crt", "no certificate"));
            awaitSaid("it has no key tls.key (its keys: tls.crt)");
            cluster.api().delete("shop", "gateway-tls");
            awaitSaid("it does not exist");
            assertThat(shown()).isEqualTo(leaf(ISSUED.get(0)));
            put(ISSUED.get(1));
            awaitShown(ISSUED.get(1));
            assertThat(gateway.handshakes()).isZero();
        }
    }

    @Test
    void anApiServerThatIsAwayIsNotMissed() throws Exception {
        try (GatewayFixture gateway = gateway()) {
            awaitWatch();
            cluster.api().goAway();
            awaitSaid("kubernetes_watch_failed");
            assertThat(shown()).isEqualTo(leaf(ISSUED.get(0)));
            put(ISSUED.get(1));
            cluster.api().comeBack();
            awaitShown(ISSUED.get(1));
            gateway.assertClean();
        }
    }

    @Test
    void withoutTheSecretTheStartFailsAndSaysWhy() {
        cluster.api().forbid("get", "secrets", "shop", "gateway-tls");
        assertThatThrownBy(() -> gateway().close())
                .hasStackTraceContaining("listener secret: certificate: secret shop/gateway-tls")
                .hasStackTraceContaining("answered 403");
        assertThat(cluster.api().watches()).isZero();
    }
}
