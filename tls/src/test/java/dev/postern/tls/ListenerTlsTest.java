package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListenerTlsTest {
    private final Pki pki = Pki.create("Test CA");

    @TempDir
    private Path directory;

    private X509Bundle bundle;
    private ListenerTlsSettings settings;

    @BeforeEach
    void certificate() {
        bundle = pki.server("db.example.com");
        settings = ListenerTlsSettings.of(Pki.write(directory, "server", bundle));
    }

    @Test
    void tellsWhatTheHandshakeAgreedOn() throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings.withAlpnProtocols("postgresql"));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient.Seen seen = JdkClient.trusting(pki)
                    .serverName("DB.example.com")
                    .alpn("postgresql")
                    .exchange(server.port());
            TlsFacts facts = server.nextFacts();
            assertThat(seen.serverCertificate()).isEqualTo(bundle.getCertificate());
            assertThat(seen.alpn()).isEqualTo("postgresql");
            assertThat(facts.protocol()).isEqualTo("TLSv1.3");
            assertThat(facts.cipher()).isEqualTo(seen.cipher());
            assertThat(facts.serverName()).contains("db.example.com");
            assertThat(facts.alpnProtocol()).contains("postgresql");
            assertThat(facts.peerCertificate()).isEmpty();
            assertThat(facts.ownCertificate()).contains(bundle.getCertificate());
        }
    }

    @Test
    void servesTls12ToAClientThatHasNoNewer() throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient.trusting(pki).protocols("TLSv1.2").exchange(server.port());
            assertThat(server.nextFacts().protocol()).isEqualTo("TLSv1.2");
        }
    }

    @Test
    void refusesAVersionBelowTheMinimum() throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings.withProtocols(TlsProtocol.TLS_1_3, TlsProtocol.TLS_1_3));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient old = JdkClient.trusting(pki).protocols("TLSv1.2");
            assertThatThrownBy(() -> old.exchange(server.port()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("protocol_version");
            assertThat(server.nextFailure()).hasMessageContaining("UNSUPPORTED_PROTOCOL");
        }
    }
}
