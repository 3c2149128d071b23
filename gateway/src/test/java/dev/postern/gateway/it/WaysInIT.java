package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.TemporaryFolders;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.Certificate;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TLS by request and from the first byte, with and without channel binding, and certificates that change meanwhile. */
class WaysInIT {
    private static final Path FOLDER = TemporaryFolders.create("ways");
    /** Each takes the two seconds of the watcher's interval; {@code scripts/certificate-swaps} has fifty. */
    private static final int SWAPS = Integer.getInteger("ways.swaps", 5);

    private static GatewayFixture gateway;
    private static int changing;

    @BeforeAll
    static void start() throws Exception {
        changing = FreePorts.one();
        swap(0);
        gateway = GatewayFixture.start(GatewayYaml.of(RouteYaml.to(PostgresServers.shared(), "orders", "orders"))
                .withListeners(
                        """
                          - name: changing
                            address: 127.0.0.1:%d
                            tls: {certificates: [{certFile: %s, keyFile: %s}]}
                        """.formatted(changing, FOLDER.resolve("live/tls.crt"), FOLDER.resolve("live/tls.key"))));
    }

    @AfterAll
    static void stop() {
        try {
            gateway.assertClean();
        } finally {
            gateway.close();
        }
    }

    /** By a link and by files in turns. */
    private static Certificate swap(int number) throws Exception {
        Certificates.KeyPairFiles fresh = Certificates.shared().issueForLocalhost("swap" + number);
        if (number % 2 == 0) {
            swapLink(number, fresh);
        } else {
            swapFiles(fresh);
        }
        return fresh.bundle().getCertificate();
    }

    /** Each file is replaced at one stroke, one after the other. */
    private static void swapFiles(Certificates.KeyPairFiles fresh) throws Exception {
        Path live = FOLDER.resolve("live").toRealPath();
        Files.copy(fresh.certificate(), live.resolve("new.crt"), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(fresh.key(), live.resolve("new.key"), StandardCopyOption.REPLACE_EXISTING);
        Files.move(live.resolve("new.crt"), live.resolve("tls.crt"), StandardCopyOption.ATOMIC_MOVE);
        Files.move(live.resolve("new.key"), live.resolve("tls.key"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** As kubelet does it: a new folder, then a symbolic link that is replaced at one stroke. */
    private static void swapLink(int number, Certificates.KeyPairFiles fresh) throws Exception {
        Path folder = Files.createDirectories(FOLDER.resolve("data" + number));
        Files.copy(fresh.certificate(), folder.resolve("tls.crt"), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(fresh.key(), folder.resolve("tls.key"), StandardCopyOption.REPLACE_EXISTING);
        Path link = FOLDER.resolve("link" + number);
        Files.createSymbolicLink(link, folder);
        Files.move(link, FOLDER.resolve("live"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Connection connect(int port, String more) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://localhost:" + port
                + "/orders?sslmode=verify-full&sslrootcert="
                + Certificates.shared().caFile() + "&user=app&password=app-secret" + more);
    }

    private static Certificate served() throws Exception {
        try (Socket plain = new Socket("127.0.0.1", changing)) {
            plain.getOutputStream().write(FrontendBytes.sslRequest());
            assertThat((char) plain.getInputStream().read()).isEqualTo('S');
            try (SSLSocket tls = (SSLSocket) Certificates.shared()
                    .clientContext()
                    .getSocketFactory()
                    .createSocket(plain, "localhost", changing, true)) {
                tls.startHandshake();
                return tls.getSession().getPeerCertificates()[0];
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"postgres, require", "postgres, disable", "direct, require", "direct, disable"})
    void pgjdbcComesInByRequestAndDirectlyWithAndWithoutChannelBinding(String negotiation, String binding)
            throws SQLException {
        try (Connection connection =
                connect(gateway.tlsPort(), "&sslNegotiation=" + negotiation + "&channelBinding=" + binding)) {
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void aCertificateIsSwappedUnderAStormOfConnectionsAndNoneFails() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger logins = new AtomicInteger();
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        Thread[] storm = new Thread[4];
        for (int i = 0; i < storm.length; i++) {
            storm[i] = Thread.ofVirtual().start(() -> {
                while (!over.get()) {
                    try (Connection connection = connect(changing, "")) {
                        logins.incrementAndGet();
                    } catch (SQLException e) {
                        failures.add(e.toString());
                    }
                }
            });
        }
        try {
            for (int number = 1; number <= SWAPS; number++) {
                Certificate fresh = swap(number);
                Awaitility.await("certificate " + number)
                        .atMost(Duration.ofSeconds(10))
                        .until(() -> served().equals(fresh));
            }
        } finally {
            over.set(true);
            for (Thread thread : storm) {
                thread.join();
            }
        }
        assertThat(failures).isEmpty();
        assertThat(logins.get()).isGreaterThan(SWAPS);
    }
}
