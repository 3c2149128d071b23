package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class ExpiryWatchTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.postern.tls");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @TempDir
    private Path directory;

    @BeforeEach
    void listen() {
        log.start();
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
        logger.addAppender(log);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(log);
        logger.setAdditive(true);
        logger.setLevel(Level.OFF);
    }

    private List<String> logged() {
        List<String> messages =
                log.list.stream().map(e -> e.getLevel() + " " + e.getMessage()).toList();
        log.list.clear();
        return messages;
    }

    @Test
    void warnsFourteenDaysAheadOnceADay() throws Exception {
        X509Bundle bundle = Pki.create("CA").server("db.example.com");
        Instant end = bundle.getCertificate().getNotAfter().toInstant();
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        try (ListenerTls tls =
                ListenerTls.open(ListenerTlsSettings.of(Pki.write(directory, "server", bundle)), now::get)) {
            assertThat(tls.certificates())
                    .extracting(CertificateStatus::notAfter)
                    .containsExactly(end);
            tls.maintain(end.minus(Duration.ofDays(15)));
            assertThat(logged()).isEmpty();
            Instant near = end.minus(Duration.ofDays(13));
            tls.maintain(near);
            assertThat(logged()).containsExactly("WARN tls.certificate_expires_soon");
            tls.maintain(near.plus(Duration.ofHours(23)));
            assertThat(logged()).isEmpty();
            tls.maintain(near.plus(Duration.ofHours(25)));
            assertThat(logged()).containsExactly("WARN tls.certificate_expires_soon");
            tls.maintain(end.plusSeconds(1));
            assertThat(logged()).containsExactly("ERROR tls.certificate_expired");
        }
    }

    @Test
    void servesAnExpiredCertificateAtStartAndSaysSo() throws Exception {
        X509Bundle bundle = Pki.create("CA").issue(Pki.expired(Pki.serverBuilder("db.example.com")));
        ListenerTls.open(ListenerTlsSettings.of(Pki.write(directory, "server", bundle)))
                .close();
        assertThat(logged()).containsExactly("ERROR tls.certificate_expired");
    }

    @Test
    void saysThatACertificateIsNotYetValidOrTooManyAreInItsFile() throws Exception {
        Pki pki = Pki.create("CA");
        X509Bundle bundle = pki.issue(
                Pki.serverBuilder("db.example.com").notBefore(Instant.now().plus(Duration.ofDays(1))));
        CertificateFiles files = Pki.write(directory, "server", bundle);
        Pki.write(
                files.certFile(),
                bundle.getCertificatePEM() + "\n" + Pki.create("Stranger").ca().getCertificatePEM());
        ListenerTls.open(ListenerTlsSettings.of(files)).close();
        assertThat(logged()).containsExactly("WARN tls.certificates_left_out", "ERROR tls.certificate_not_yet_valid");
    }

    @Test
    void logsTheSameRefusalOnce() throws Exception {
        CertificateFiles files = Pki.write(directory, "server", Pki.create("CA").server("db.example.com"));
        try (ListenerTls tls = ListenerTls.open(ListenerTlsSettings.of(files))) {
            Pki.write(files.certFile(), "broken");
            tls.reload();
            tls.reload();
            assertThat(logged()).containsExactly("ERROR tls.reload_refused");
            Pki.write(files.certFile(), "");
            tls.reload();
            assertThat(logged()).containsExactly("ERROR tls.reload_refused");
        }
    }
}
