package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.X509Bundle;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class SessionResumptionTest {
    private final Pki pki = Pki.create("CA");

    @TempDir
    private Path directory;

    private ListenerTlsSettings settings;

    @BeforeEach
    void settings() {
        settings = ListenerTlsSettings.of(Pki.write(directory, "server", pki.server("db.example.com")));
    }

    /** One exchange; whether it resumed a session. */
    private static boolean resumes(EchoServer server, JdkClient client) throws Exception {
        JdkClient.Seen seen = client.exchange(server.port());
        TlsFacts facts = server.nextFacts();
        assertThat(facts.ownCertificate()).contains(seen.serverCertificate());
        return facts.resumed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void resumesAlsoAfterAReload(String protocol) throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient client = JdkClient.trusting(pki).protocols(protocol);
            assertThat(resumes(server, client)).isFalse();
            assertThat(resumes(server, client)).isTrue();
            assertThat(tls.reload()).isInstanceOf(ReloadOutcome.Swapped.class);
            assertThat(resumes(server, client)).isTrue();
            assertThat(resumes(server, JdkClient.trusting(pki).protocols(protocol)))
                    .isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void makesAFullHandshakeOnceTheCertificateIsAnotherOne(String protocol) throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient client = JdkClient.trusting(pki).protocols(protocol);
            assertThat(resumes(server, client)).isFalse();
            X509Bundle renewed = pki.server("db.example.com");
            Pki.write(directory, "server", renewed);
            assertThat(tls.reload()).isInstanceOf(ReloadOutcome.Swapped.class);
            // Resumed, the client would bind its channel to the old certificate, and we to the new one.
            assertThat(resumes(server, client)).isFalse();
            assertThat(resumes(server, client)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void opensTicketsOfTheKeyBeforeAndNoneOlder(String protocol) throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            Instant now = Instant.now();
            JdkClient client = JdkClient.trusting(pki).protocols(protocol);
            JdkClient idle = JdkClient.trusting(pki).protocols(protocol);
            assertThat(resumes(server, client)).isFalse();
            assertThat(resumes(server, idle)).isFalse();
            tls.maintain(now.plus(TicketKeys.LIFETIME).plusSeconds(1));
            assertThat(resumes(server, client)).isTrue();
            tls.maintain(now.plus(TicketKeys.LIFETIME.multipliedBy(2)).plusSeconds(2));
            assertThat(resumes(server, idle)).isFalse();
        }
    }
}
