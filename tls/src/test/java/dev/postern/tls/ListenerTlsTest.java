package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
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

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void tellsWhatTheHandshakeAgreedOn(String protocol) throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings.withAlpnProtocols("postgresql"));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient.Seen seen = JdkClient.trusting(pki)
                    .protocols(protocol)
                    .serverName("DB.example.com")
                    .alpn("postgresql")
                    .exchange(server.port());
            TlsFacts facts = server.nextFacts();
            assertThat(seen.serverCertificate()).isEqualTo(bundle.getCertificate());
            assertThat(seen.alpn()).isEqualTo("postgresql");
            assertThat(facts.protocol()).isEqualTo(protocol);
            assertThat(facts.cipher()).isEqualTo(seen.cipher());
            assertThat(facts.serverName()).contains("db.example.com");
            assertThat(facts.alpnProtocol()).contains("postgresql");
            assertThat(facts.peerCertificate()).isEmpty();
            assertThat(facts.ownCertificate()).contains(bundle.getCertificate());
        }
    }

    @Test
    void tellsOfNoNameAndNoProtocolWhereTheClientSentNone() throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient.trusting(pki).exchange(server.port());
            TlsFacts facts = server.nextFacts();
            assertThat(facts.serverName()).isEmpty();
            assertThat(facts.alpnProtocol()).isEmpty();
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
            assertThat(TlsFailures.explain(server.nextFailure())).isEqualTo("no TLS version in common with the peer");
        }
    }

    @Test
    void speaksNothingAboveTheMaximum() throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings.withProtocols(TlsProtocol.TLS_1_2, TlsProtocol.TLS_1_2));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            assertThat(JdkClient.trusting(pki).exchange(server.port()).protocol())
                    .isEqualTo("TLSv1.2");
        }
    }

    @Test
    void takesOneOfTheSuitesConfigured() throws Exception {
        ListenerTlsSettings one = settings.withProtocols(TlsProtocol.TLS_1_2, TlsProtocol.TLS_1_3)
                .withTls12CipherSuites("ECDHE-ECDSA-AES256-GCM-SHA384");
        try (ListenerTls tls = ListenerTls.open(one);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            assertThat(JdkClient.trusting(pki)
                            .protocols("TLSv1.2")
                            .exchange(server.port())
                            .cipher())
                    .isEqualTo("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
            assertThat(JdkClient.trusting(pki).exchange(server.port()).protocol())
                    .isEqualTo("TLSv1.3");
            JdkClient other = JdkClient.trusting(pki)
                    .protocols("TLSv1.2")
                    .with(p -> p.setCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}));
            assertThatThrownBy(() -> other.exchange(server.port())).isInstanceOf(IOException.class);
            assertThat(TlsFailures.explain(server.nextFailure())).isEqualTo("no cipher suite in common with the peer");
        }
    }

    @Test
    void takesOneOfTheGroupsConfigured() throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings.withGroups("P-384"));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient.trusting(pki)
                    .with(p -> p.setNamedGroups(new String[] {"secp384r1"}))
                    .exchange(server.port());
            JdkClient other = JdkClient.trusting(pki).with(p -> p.setNamedGroups(new String[] {"x25519"}));
            assertThatThrownBy(() -> other.exchange(server.port())).isInstanceOf(IOException.class);
            assertThat(TlsFailures.explain(server.nextFailure()))
                    .isEqualTo("no key exchange group in common with the peer");
        }
    }

    @Test
    void refusesSuitesAndGroupsThatDoNotExist() {
        assertThat(ListenerTls.check(settings.withTls12CipherSuites("ECDHE-NONSENSE")))
                .singleElement()
                .satisfies(problem -> assertThat(problem.what()).contains("ECDHE-NONSENSE"));
        assertThat(ListenerTls.check(settings.withGroups("P-257")))
                .singleElement()
                .satisfies(problem -> assertThat(problem.what()).contains("P-257"));
    }

    @Test
    void refusesAnotherProtocolInFrontOfAnyCertificate() throws Exception {
        try (ListenerTls tls = ListenerTls.open(settings.withAlpnProtocols("postgresql"));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient web = JdkClient.trusting(pki).alpn("h2");
            assertThatThrownBy(() -> web.exchange(server.port())).hasMessageContaining("no_application_protocol");
            assertThat(TlsFailures.explain(server.nextFailure()))
                    .isEqualTo("the client offers ALPN [h2] (expected: postgresql)");
        }
    }

    @Test
    void servesTheCertificateOfTheServerName() throws Exception {
        X509Bundle wild = pki.server("*.apps.example.com");
        Pki rsaPki = Pki.create("RSA CA", Algorithm.rsa2048);
        X509Bundle rsa = rsaPki.issue(Pki.serverBuilder("db.example.com").algorithm(Algorithm.rsa2048));
        ListenerTlsSettings several = settings.withCertificates(
                Pki.write(directory, "server", bundle),
                Pki.write(directory, "wild", wild),
                Pki.write(directory, "rsa", rsa));
        try (ListenerTls tls = ListenerTls.open(several);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            assertThat(served(server, JdkClient.trusting(pki).serverName("orders.apps.example.com")))
                    .isEqualTo(wild.getCertificate());
            assertThat(served(server, JdkClient.trusting(pki).serverName("db.example.com")))
                    .isEqualTo(bundle.getCertificate());
            assertThat(served(server, JdkClient.trusting(pki).serverName("unknown.example.org")))
                    .isEqualTo(bundle.getCertificate());
            for (String protocol : new String[] {"TLSv1.2", "TLSv1.3"}) {
                JdkClient rsaOnly = JdkClient.trusting(rsaPki)
                        .protocols(protocol)
                        .with(p -> p.setSignatureSchemes(new String[] {"rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"}))
                        .serverName("db.example.com");
                assertThat(served(server, rsaOnly)).isEqualTo(rsa.getCertificate());
            }
            assertThat(tls.certificates())
                    .extracting(CertificateStatus::keyType)
                    .containsExactly("EC-256", "EC-256", "RSA-2048");
        }
    }

    /** What the client saw; the server must believe the same of itself. */
    private static X509Certificate served(EchoServer server, JdkClient client) throws Exception {
        JdkClient.Seen seen = client.exchange(server.port());
        assertThat(server.nextFacts().ownCertificate()).contains(seen.serverCertificate());
        return seen.serverCertificate();
    }

    @Test
    void servesACertificateThatIsNoFile() throws Exception {
        CertificatePem pem =
                new CertificatePem("secret default/tls", bundle.getCertificatePathPEM(), bundle.getPrivateKeyPEM());
        try (ListenerTls tls = ListenerTls.open(ListenerTlsSettings.of(pem));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            assertThat(served(server, JdkClient.trusting(pki))).isEqualTo(bundle.getCertificate());
            assertThat(tls.files()).isEmpty();
        }
    }

    @Test
    void tellsEveryProblemAtOnce() {
        Path missing = directory.resolve("missing.crt");
        ListenerTlsSettings wrong = settings.withCertificates(
                        new CertificateFiles(missing, directory.resolve("server.key")),
                        new CertificateFiles(directory.resolve("server.crt"), directory.resolve("server.crt")))
                .withClientCertificates(ClientCertificatePolicy.OPTIONAL, directory.resolve("ca.crt"));
        assertThat(ListenerTls.check(wrong))
                .extracting(TlsProblem::source)
                .containsExactly(
                        missing.toString(),
                        directory.resolve("server.crt").toString(),
                        directory.resolve("ca.crt").toString());
    }

    @Test
    void refusesSettingsThatContradictEachOther() {
        assertThatThrownBy(() -> settings.withProtocols(TlsProtocol.TLS_1_3, TlsProtocol.TLS_1_2))
                .hasMessage("minimumProtocol TLSv1.3 is above maximumProtocol TLSv1.2");
        assertThatThrownBy(() -> settings.withCertificates())
                .hasMessage("certificates: none given (expected: at least one)");
        assertThatThrownBy(() -> settings.withClientCrlFile(directory)).hasMessage("clientCrlFile needs clientCaFile");
    }
}
