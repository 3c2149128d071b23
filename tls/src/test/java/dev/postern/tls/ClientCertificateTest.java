package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class ClientCertificateTest {
    private final Pki serverPki = Pki.create("Server CA");
    private final Pki clientPki = Pki.create("Client CA");

    @TempDir
    private Path directory;

    private ListenerTlsSettings plain;

    @BeforeEach
    void settings() {
        plain = ListenerTlsSettings.of(Pki.write(directory, "server", serverPki.server("db.example.com")));
    }

    private ListenerTlsSettings asking(ClientCertificatePolicy policy) {
        return plain.withClientCertificates(policy, clientPki.caFile(directory));
    }

    private static String failure(EchoServer server) throws InterruptedException {
        return TlsFailures.explain(server.nextFailure());
    }

    @ParameterizedTest
    @EnumSource(
            value = ClientCertificatePolicy.class,
            names = {"OPTIONAL", "REQUIRED"})
    void tellsWhoTheClientIs(ClientCertificatePolicy policy) throws Exception {
        X509Bundle alice = clientPki.client("alice");
        try (ListenerTls tls = ListenerTls.open(asking(policy));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient.trusting(serverPki, alice).exchange(server.port());
            TlsFacts facts = server.nextFacts();
            assertThat(facts.peerCertificate()).contains(alice.getCertificate());
            assertThat(ClientIdentity.of(facts.peerCertificate().orElseThrow()).commonName())
                    .contains("alice");
        }
    }

    @Test
    void letsAClientInWithoutOneWhereItIsOptional() throws Exception {
        try (ListenerTls tls = ListenerTls.open(asking(ClientCertificatePolicy.OPTIONAL));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient.trusting(serverPki).exchange(server.port());
            assertThat(server.nextFacts().peerCertificate()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void demandsOneWhereItIsRequired(String protocol) throws Exception {
        try (ListenerTls tls = ListenerTls.open(asking(ClientCertificatePolicy.REQUIRED));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient without = JdkClient.trusting(serverPki).protocols(protocol);
            assertThatThrownBy(() -> without.connectAndListen(server.port())).isInstanceOf(IOException.class);
            assertThat(failure(server)).isEqualTo("the client sent no certificate (expected: one)");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ClientCertificatePolicy.class,
            names = {"OPTIONAL", "REQUIRED"})
    void refusesOneOfAnotherCa(ClientCertificatePolicy policy) throws Exception {
        X509Bundle stranger = Pki.create("Other CA").client("alice");
        try (ListenerTls tls = ListenerTls.open(asking(policy));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient client = JdkClient.trusting(serverPki, stranger);
            assertThatThrownBy(() -> client.connectAndListen(server.port()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("unknown_ca");
            assertThat(failure(server))
                    .startsWith("certificate verify failed: unable to get local issuer certificate (no CA in "
                            + directory.resolve("Client CA.crt") + " issued \"CN=alice\"")
                    .contains("CN=Other CA");
        }
    }

    @Test
    void refusesOneThatHasExpired() throws Exception {
        X509Bundle old = clientPki.issue(Pki.expired(Pki.builder("CN=alice").addExtendedKeyUsageClientAuth()));
        try (ListenerTls tls = ListenerTls.open(asking(ClientCertificatePolicy.OPTIONAL));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient client = JdkClient.trusting(serverPki, old);
            assertThatThrownBy(() -> client.connectAndListen(server.port()))
                    .hasMessageContaining("certificate_expired");
            assertThat(failure(server))
                    .startsWith("certificate verify failed: certificate has expired (\"CN=alice\" is valid from ");
        }
    }

    @Test
    void refusesOneMadeForServers() throws Exception {
        X509Bundle server1 = clientPki.server("db.example.com");
        try (ListenerTls tls = ListenerTls.open(asking(ClientCertificatePolicy.OPTIONAL));
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient client = JdkClient.trusting(serverPki, server1);
            assertThatThrownBy(() -> client.connectAndListen(server.port())).isInstanceOf(IOException.class);
            assertThat(failure(server)).contains("certificate verify failed: ").contains("client authentication");
        }
    }

    @Test
    void refusesOneThatIsRevoked() throws Exception {
        X509Bundle alice = clientPki.client("alice");
        X509Bundle mallory = clientPki.client("mallory");
        ListenerTlsSettings settings =
                asking(ClientCertificatePolicy.REQUIRED).withClientCrlFile(clientPki.crlFile(directory, mallory));
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient.trusting(serverPki, alice).exchange(server.port());
            assertThat(server.nextFacts().peerCertificate()).contains(alice.getCertificate());
            JdkClient client = JdkClient.trusting(serverPki, mallory);
            assertThatThrownBy(() -> client.connectAndListen(server.port()))
                    .hasMessageContaining("certificate_revoked");
            assertThat(failure(server))
                    .startsWith("certificate verify failed: certificate revoked (\"CN=mallory\", serial ");
        }
    }

    @Test
    void refusesEveryoneWhoseCaHasNoListOnceThereAreLists() throws Exception {
        ListenerTlsSettings settings = asking(ClientCertificatePolicy.REQUIRED)
                .withClientCrlFile(Pki.create("Other CA").crlFile(directory));
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient client = JdkClient.trusting(serverPki, clientPki.client("alice"));
            assertThatThrownBy(() -> client.connectAndListen(server.port())).isInstanceOf(IOException.class);
            assertThat(failure(server)).startsWith("certificate verify failed: unable to get certificate CRL");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void doesNotResumeTheSessionOfOneThatWasRevokedSince(String protocol) throws Exception {
        X509Bundle alice = clientPki.client("alice");
        ListenerTlsSettings settings =
                asking(ClientCertificatePolicy.REQUIRED).withClientCrlFile(clientPki.crlFile(directory));
        try (ListenerTls tls = ListenerTls.open(settings);
                EchoServer server = new EchoServer(tls, Alpn.IF_OFFERED)) {
            JdkClient client = JdkClient.trusting(serverPki, alice).protocols(protocol);
            client.exchange(server.port());
            server.nextFacts();
            client.exchange(server.port());
            TlsFacts second = server.nextFacts();
            assertThat(second.resumed()).isTrue();
            assertThat(second.peerCertificate()).contains(alice.getCertificate());
            clientPki.crlFile(directory, alice);
            assertThat(tls.reload()).isInstanceOf(ReloadOutcome.Swapped.class);
            assertThatThrownBy(() -> client.connectAndListen(server.port())).isInstanceOf(IOException.class);
            assertThat(failure(server)).startsWith("certificate verify failed: certificate revoked");
        }
    }
}
