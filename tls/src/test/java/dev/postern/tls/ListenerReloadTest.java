package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NoLeaks.class)
class ListenerReloadTest {
    private final Pki pki = Pki.create("CA");

    @TempDir
    private Path directory;

    private X509Bundle first;
    private ListenerTlsSettings settings;

    @BeforeEach
    void settings() {
        first = pki.server("db.example.com");
        settings = ListenerTlsSettings.of(Pki.write(directory, "server", first));
    }

    @Test
    void failsNoHandshakeWhileCertificatesAreSwapped() throws Exception {
        int swaps = 50;
        int clients = 4;
        Set<Object> everServed = new HashSet<>(List.of(first.getCertificate()));
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        Set<Object> seen = ConcurrentHashMap.newKeySet();
        AtomicInteger handshakes = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        List<ReferenceCountedOpenSslContext> old = new ArrayList<>();
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            List<Thread> storm = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                boolean resumes = i % 2 == 0;
                storm.add(Thread.ofPlatform().start(() -> {
                    JdkClient client = JdkClient.trusting(pki).serverName("db.example.com");
                    while (!stop.get()) {
                        try (OpenConnection connection = client.connect(server.port())) {
                            connection.echo();
                            SSLSession session = connection.socket().getSession();
                            seen.add(session.getPeerCertificates()[0]);
                            handshakes.incrementAndGet();
                            if (!resumes) {
                                session.invalidate();
                            }
                        } catch (IOException e) {
                            failures.add(e);
                        }
                    }
                }));
            }
            for (int i = 0; i < swaps; i++) {
                int before = handshakes.get();
                X509Bundle next = pki.server("db.example.com", "v" + i + ".example.com");
                everServed.add(next.getCertificate());
                Pki.write(directory, "server", next);
                old.addAll(tls.contexts());
                assertThat(tls.reload()).isInstanceOf(ReloadOutcome.Swapped.class);
                await().pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(2))
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> handshakes.get() > before || !failures.isEmpty());
            }
            stop.set(true);
            for (Thread thread : storm) {
                thread.join();
            }
            assertThat(failures).isEmpty();
            assertThat(handshakes.get()).isGreaterThanOrEqualTo(swaps);
            assertThat(seen).hasSizeGreaterThan(swaps / 2);
            assertThat(everServed).containsAll(seen);
            await().untilAsserted(() -> assertThat(server.openConnections()).isZero());
            assertThat(old).hasSize(swaps).allMatch(context -> context.refCnt() == 0);
            assertThat(tls.contexts()).allMatch(context -> context.refCnt() == 1);
        }
    }

    @Test
    void keepsAnOldContextAsLongAsAConnectionNeedsIt() throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED);
                OpenConnection connection = JdkClient.trusting(pki).connect(server.port())) {
            connection.echo();
            ReferenceCountedOpenSslContext old = tls.contexts().getFirst();
            Pki.write(directory, "server", pki.server("db.example.com"));
            tls.reload();
            assertThat(old.refCnt()).isEqualTo(1);
            connection.echo();
            connection.close();
            await().untilAsserted(() -> assertThat(old.refCnt()).isZero());
        }
    }

    @Test
    void givesAHandshakeThatBeganBeforeTheSwapTheNewCertificate() throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED);
                Socket early = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            byte[] hello = Hellos.record("db.example.com");
            early.getOutputStream().write(hello, 0, 20);
            early.getOutputStream().flush();
            await().untilAsserted(() -> assertThat(server.openConnections()).isEqualTo(1));
            // Half a hello holds nothing of the old snapshot.
            ReferenceCountedOpenSslContext old = tls.contexts().getFirst();
            tls.reload();
            assertThat(old.refCnt()).isZero();
            early.getOutputStream().write(hello, 20, hello.length - 20);
            early.getOutputStream().flush();
            early.setSoTimeout(10_000);
            assertThat(early.getInputStream().read()).isEqualTo(22);
        }
    }

    private void assertRefused(ListenerTls tls, EchoServer server, String... problems) throws Exception {
        ReferenceCountedOpenSslContext before = tls.contexts().getFirst();
        assertThat(tls.reload())
                .isInstanceOfSatisfying(
                        ReloadOutcome.Refused.class,
                        refused -> assertThat(refused.problems())
                                .extracting(TlsProblem::toString)
                                .containsExactly(problems));
        assertThat(tls.contexts()).containsExactly(before);
        assertThat(JdkClient.trusting(pki).exchange(server.port()).serverCertificate())
                .isEqualTo(first.getCertificate());
    }

    @Test
    void keepsTheOldCertificateWhereTheNewOneIsUnusable() throws Exception {
        Path certFile = directory.resolve("server.crt");
        Path keyFile = directory.resolve("server.key");
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            X509Bundle next = pki.server("db.example.com");
            Pki.write(certFile, next.getCertificatePathPEM());
            assertRefused(
                    tls,
                    server,
                    keyFile + ": this key does not match the certificate in " + certFile
                            + " (expected: the private key of its first certificate, CN=db.example.com)");
            Pki.write(certFile, "not a certificate");
            assertRefused(tls, server, certFile + ": is not PEM (expected: blocks from -----BEGIN to -----END)");
            Files.delete(keyFile);
            Files.delete(certFile);
            assertRefused(tls, server, certFile + ": no such file", keyFile + ": no such file");
            Instant yesterday = Instant.now().minus(Duration.ofDays(1)).truncatedTo(ChronoUnit.SECONDS);
            Pki.write(
                    directory,
                    "server",
                    pki.issue(Pki.serverBuilder("db.example.com")
                            .notBefore(yesterday.minus(Duration.ofDays(9)))
                            .notAfter(yesterday)));
            assertRefused(tls, server, certFile + ": the certificate has expired on " + yesterday);
            Pki.write(directory, "server", next);
            assertThat(tls.reload()).isInstanceOf(ReloadOutcome.Swapped.class);
            assertThat(JdkClient.trusting(pki).exchange(server.port()).serverCertificate())
                    .isEqualTo(next.getCertificate());
        }
    }

    @Test
    void reloadsOtherFilesAlthoughTheCertificateExpiredInUse() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        InstantSource clock = now::get;
        ListenerTlsSettings asking =
                settings.withClientCertificates(ClientCertificatePolicy.OPTIONAL, pki.caFile(directory));
        try (ListenerTls tls = ListenerTls.open(asking, clock)) {
            now.set(Instant.now().plus(Pki.YEAR).plus(Duration.ofDays(1)));
            Pki.create("CA").caFile(directory);
            assertThat(tls.reload()).isInstanceOf(ReloadOutcome.Swapped.class);
            // But it is no replacement for another one.
            assertThat(tls.apply(
                            asking.withCertificates(Pki.write(directory, "other", pki.server("other.example.com")))))
                    .isInstanceOf(ReloadOutcome.Refused.class);
            assertThat(tls.settings()).isEqualTo(asking);
        }
    }

    @Test
    void takesOtherSettingsWhileItServes() throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            X509Bundle added = pki.server("added.example.com");
            ListenerTlsSettings more = settings.withCertificates(
                    Pki.write(directory, "server", first), Pki.write(directory, "added", added));
            assertThat(tls.apply(more)).isInstanceOf(ReloadOutcome.Swapped.class);
            assertThat(JdkClient.trusting(pki)
                            .serverName("added.example.com")
                            .exchange(server.port())
                            .serverCertificate())
                    .isEqualTo(added.getCertificate());
            assertThat(tls.files()).contains(directory.resolve("added.crt"));
        }
    }

    @Test
    void letsGoOfEverythingWhenClosed() throws Exception {
        ListenerTls tls = ListenerTls.open(settings);
        List<ReferenceCountedOpenSslContext> contexts = tls.contexts();
        tls.close();
        tls.close();
        assertThat(contexts).allMatch(context -> context.refCnt() == 0);
        assertThat(tls.reload()).isInstanceOf(ReloadOutcome.Refused.class);
    }
}
