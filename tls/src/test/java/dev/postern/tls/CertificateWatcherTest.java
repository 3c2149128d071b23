package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NoLeaks.class)
class CertificateWatcherTest {
    @TempDir
    private Path directory;

    /** Counts its reloads, and refuses while it is told to. */
    private static final class Fake implements Reloadable {
        private final List<Path> files;
        private final AtomicInteger reloads = new AtomicInteger();
        private final List<Instant> maintained = new ArrayList<>();
        private boolean refusing;
        private boolean closed;

        Fake(Path... files) {
            this.files = List.of(files);
        }

        @Override
        public List<Path> files() {
            return files;
        }

        @Override
        public ReloadOutcome reload() {
            reloads.incrementAndGet();
            return refusing
                    ? new ReloadOutcome.Refused(List.of(new TlsProblem("a", "is wrong")))
                    : new ReloadOutcome.Swapped();
        }

        @Override
        public boolean isClosed() {
            return closed;
        }

        @Override
        public void maintain(Instant now) {
            maintained.add(now);
        }
    }

    private static int reloadsAfterLook(CertificateWatcher watcher, Fake fake) throws InterruptedException {
        int before = fake.reloads.get();
        watcher.check();
        return fake.reloads.get() - before;
    }

    @Test
    void reloadsOnceForEachChangeOfContents() throws Exception {
        Path file = Files.writeString(directory.resolve("tls.crt"), "one");
        Fake fake = new Fake(file);
        try (CertificateWatcher watcher = new CertificateWatcher(Duration.ofHours(1))) {
            watcher.watch(fake);
            assertThat(reloadsAfterLook(watcher, fake)).isZero();
            Files.writeString(file, "two");
            assertThat(reloadsAfterLook(watcher, fake)).isEqualTo(1);
            assertThat(reloadsAfterLook(watcher, fake)).isZero();
            // Same length, same time: only the contents tell.
            FileTime time = Files.getLastModifiedTime(file);
            Files.writeString(file, "TWO");
            Files.setLastModifiedTime(file, time);
            assertThat(reloadsAfterLook(watcher, fake)).isEqualTo(1);
            // Same contents, other time: nothing to do.
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(60)));
            assertThat(reloadsAfterLook(watcher, fake)).isZero();
            assertThat(fake.maintained).hasSize(5);
            watcher.unwatch(fake);
            Files.writeString(file, "three");
            assertThat(reloadsAfterLook(watcher, fake)).isZero();
        }
    }

    @Test
    void noticesAFileReplacedByRename() throws Exception {
        Path file = Files.writeString(directory.resolve("tls.crt"), "one");
        FileTime old = FileTime.from(Instant.now().minusSeconds(3600));
        Files.setLastModifiedTime(file, old);
        Fake fake = new Fake(file);
        try (CertificateWatcher watcher = new CertificateWatcher(Duration.ofHours(1))) {
            watcher.watch(fake);
            Path next = Files.writeString(directory.resolve("next"), "two");
            Files.setLastModifiedTime(next, old);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            assertThat(reloadsAfterLook(watcher, fake)).isEqualTo(1);
        }
    }

    /** A Secret as the kubelet mounts it: tls.crt -> ..data/tls.crt, ..data -> ..2026_1. */
    private void mount(String version, String contents) throws IOException {
        Path data = Files.createDirectory(directory.resolve(version));
        for (String name : List.of("tls.crt", "tls.key")) {
            Files.writeString(data.resolve(name), contents + " of " + name);
            Path link = directory.resolve(name);
            if (!Files.isSymbolicLink(link)) {
                Files.createSymbolicLink(link, Path.of("..data", name));
            }
        }
        Path swap = Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of(version));
        Files.move(swap, directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void noticesTheSymbolicLinkSwapOfKubernetes() throws Exception {
        mount("..2026_1", "one");
        Fake fake = new Fake(directory.resolve("tls.crt"), directory.resolve("tls.key"));
        try (CertificateWatcher watcher = new CertificateWatcher(Duration.ofHours(1))) {
            watcher.watch(fake);
            mount("..2026_2", "two");
            assertThat(reloadsAfterLook(watcher, fake)).isEqualTo(1);
            assertThat(reloadsAfterLook(watcher, fake)).isZero();
        }
    }

    @Test
    void triesARefusedReloadAgainAtEveryLook() throws Exception {
        Path file = Files.writeString(directory.resolve("tls.crt"), "one");
        Fake fake = new Fake(file);
        try (CertificateWatcher watcher = new CertificateWatcher(Duration.ofHours(1))) {
            watcher.watch(fake);
            fake.refusing = true;
            Files.delete(file);
            assertThat(reloadsAfterLook(watcher, fake)).isEqualTo(1);
            assertThat(reloadsAfterLook(watcher, fake)).isEqualTo(1);
            fake.refusing = false;
            assertThat(reloadsAfterLook(watcher, fake)).isEqualTo(1);
            assertThat(reloadsAfterLook(watcher, fake)).isZero();
        }
    }

    @Test
    void forgetsWhatIsClosed() throws Exception {
        Path file = Files.writeString(directory.resolve("tls.crt"), "one");
        Fake fake = new Fake(file);
        try (CertificateWatcher watcher = new CertificateWatcher(Duration.ofHours(1))) {
            watcher.watch(fake);
            fake.closed = true;
            Files.writeString(file, "two");
            assertThat(reloadsAfterLook(watcher, fake)).isZero();
            fake.closed = false;
            assertThat(reloadsAfterLook(watcher, fake)).isZero();
            assertThat(fake.maintained).isEmpty();
        }
    }

    @Test
    void goesOnAfterOneThatFails() throws Exception {
        Path file = Files.writeString(directory.resolve("tls.crt"), "one");
        Fake good = new Fake(file);
        Reloadable bad = new Reloadable() {
            @Override
            public List<Path> files() {
                return List.of();
            }

            @Override
            public ReloadOutcome reload() {
                throw new IllegalStateException("never called: it has no files");
            }

            @Override
            public boolean isClosed() {
                return false;
            }

            @Override
            public void maintain(Instant now) {
                throw new IllegalStateException("a bug");
            }
        };
        try (CertificateWatcher watcher = new CertificateWatcher(Duration.ofHours(1))) {
            watcher.watch(bad);
            watcher.watch(good);
            Files.writeString(file, "two");
            assertThat(reloadsAfterLook(watcher, good)).isEqualTo(1);
        }
    }

    @Test
    void servesARenewedCertificateByItself() throws Exception {
        Pki pki = Pki.create("CA");
        CertificateFiles files = Pki.write(directory, "server", pki.server("db.example.com"));
        try (ListenerTls tls = ListenerTls.open(ListenerTlsSettings.of(files));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED);
                CertificateWatcher watcher = new CertificateWatcher(Duration.ofMillis(50))) {
            watcher.watch(tls);
            watcher.start();
            var renewed = pki.server("db.example.com");
            Pki.write(directory, "server", renewed);
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(JdkClient.trusting(pki)
                                    .exchange(server.port())
                                    .serverCertificate())
                            .isEqualTo(renewed.getCertificate()));
        }
    }
}
