package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class BackendTlsTest {
    private final Pki pki = Pki.create("Backend CA");
    private final Pki other = Pki.create("Other CA");

    @TempDir
    private Path directory;

    private X509Bundle certificate;
    private ListenerTls listener;
    private EchoServer server;

    @BeforeEach
    void startServer() throws Exception {
        certificate = pki.issue(Pki.builder("CN=pg")
                .addSanDnsName("pg.example.com")
                .addSanDnsName("pg-a")
                .addSanIpAddress("192.0.2.7")
                .addSanIpAddress("2001:db8::7")
                .addExtendedKeyUsageServerAuth());
        start(ListenerTlsSettings.of(Pki.write(directory, "pg", certificate)).withAlpnProtocols("postgresql"));
    }

    private void start(ListenerTlsSettings settings) throws UnusableTls {
        listener = ListenerTls.open(settings);
        server = new EchoServer(listener, Alpn.IF_OFFERED);
    }

    @AfterEach
    void stopServer() {
        server.close();
        listener.close();
    }

    private BackendTlsSettings verifying(SslMode mode, Pki authority) {
        return new BackendTlsSettings(
                mode, Optional.of(authority.caFile(directory)), Optional.empty(), Optional.empty());
    }

    /** Connects as if the server's host had this name, and has a line sent back. */
    private TlsFacts connect(BackendTls tls, String host) throws Exception {
        return connect(tls, host, server.port());
    }

    private static TlsFacts connect(BackendTls tls, String host, int port) throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        CompletableFuture<TlsFacts> handshake = new CompletableFuture<>();
        Channel channel = new Bootstrap()
                .group(EchoServer.GROUP)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        SslHandler handler = tls.newHandler(ch.alloc(), host, 5432);
                        assertThat(handler.getHandshakeTimeoutMillis()).isZero();
                        // Taken at once, as the gateway does: a server that refuses closes behind the handshake.
                        handler.handshakeFuture().addListener(done -> {
                            if (done.isSuccess()) {
                                handshake.complete(TlsFacts.of(ch.pipeline()).orElseThrow());
                            } else {
                                handshake.completeExceptionally(done.cause());
                            }
                        });
                        ch.pipeline().addLast(handler, new SimpleChannelInboundHandler<io.netty.buffer.ByteBuf>() {
                            @Override
                            protected void channelRead0(ChannelHandlerContext ctx, io.netty.buffer.ByteBuf line) {
                                answer.complete(line.toString(StandardCharsets.US_ASCII));
                            }

                            @Override
                            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                                answer.completeExceptionally(cause);
                            }

                            @Override
                            public void channelInactive(ChannelHandlerContext ctx) {
                                answer.completeExceptionally(new java.nio.channels.ClosedChannelException());
                            }
                        });
                    }
                })
                .connect(InetAddress.getLoopbackAddress(), port)
                .sync()
                .channel();
        try {
            TlsFacts facts = handshake.get(20, TimeUnit.SECONDS);
            channel.writeAndFlush(Unpooled.copiedBuffer("line", StandardCharsets.US_ASCII))
                    .sync();
            assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo("line");
            return facts;
        } catch (java.util.concurrent.ExecutionException e) {
            throw (Exception) e.getCause();
        } finally {
            channel.close().sync();
        }
    }

    private void assertRefused(BackendTlsSettings settings, String host, String explanation) throws Exception {
        try (BackendTls tls = BackendTls.open(settings)) {
            assertThatThrownBy(() -> connect(tls, host))
                    .satisfies(
                            failure -> assertThat(TlsFailures.explain(failure)).startsWith(explanation));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "pg.example.com, pg.example.com",
        "PG.example.com, pg.example.com",
        "pg-a, pg-a",
        "192.0.2.7, ",
        "2001:db8::7, "
    })
    void verifyFullAcceptsEveryNameOfTheCertificate(String host, String serverName) throws Exception {
        try (BackendTls tls = BackendTls.open(verifying(SslMode.VERIFY_FULL, pki))) {
            TlsFacts facts = connect(tls, host);
            assertThat(facts.peerCertificate()).contains(certificate.getCertificate());
            // Addresses are not sent as server names (RFC 6066 3).
            assertThat(server.nextFacts().serverName()).isEqualTo(Optional.ofNullable(serverName));
        }
    }

    @Test
    void givesTheCertificateToBindTheChannelTo() throws Exception {
        try (BackendTls tls = BackendTls.open(BackendTlsSettings.of(SslMode.REQUIRE))) {
            X509Bundle expected = certificate;
            assertThat(connect(tls, "pg-a").peerCertificate().flatMap(ChannelBinding::tlsServerEndPoint))
                    .hasValueSatisfying(data -> assertThat(data)
                            .isEqualTo(ChannelBinding.tlsServerEndPoint(expected.getCertificate())
                                    .orElseThrow()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "wrong.example.com, 'server certificate for \"pg.example.com\" (and 3 other names) does not match host name \"wrong.example.com\"'",
        "a.pg.example.com, 'server certificate for \"pg.example.com\" (and 3 other names) does not match host name \"a.pg.example.com\"'",
        "192.0.2.8, 'server certificate for \"pg.example.com\" (and 3 other names) does not match host name \"192.0.2.8\"'"
    })
    void verifyFullRefusesAnotherName(String host, String explanation) throws Exception {
        assertRefused(verifying(SslMode.VERIFY_FULL, pki), host, explanation);
    }

    @Test
    void verifyCaLooksAtNoName() throws Exception {
        try (BackendTls tls = BackendTls.open(verifying(SslMode.VERIFY_CA, pki))) {
            connect(tls, "wrong.example.com");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = SslMode.class,
            names = {"ALLOW", "PREFER", "REQUIRE", "VERIFY_CA", "VERIFY_FULL"})
    void refusesAnotherCaInEveryModeOnceThereIsACaFile(SslMode mode) throws Exception {
        assertRefused(
                verifying(mode, other),
                "pg.example.com",
                "certificate verify failed: unable to get local issuer certificate (no CA in "
                        + directory.resolve("Other CA.crt")
                        + " issued \"CN=pg\"; its chain ends at issuer \"CN=Backend CA\")");
    }

    @ParameterizedTest
    @EnumSource(
            value = SslMode.class,
            names = {"ALLOW", "PREFER", "REQUIRE"})
    void takesAnyCertificateWithoutACaFile(SslMode mode) throws Exception {
        try (BackendTls tls = BackendTls.open(BackendTlsSettings.of(mode))) {
            connect(tls, "wrong.example.com");
        }
    }

    @Test
    void takesACaFileWithSeveralCertificates() throws Exception {
        Path both = Files.writeString(
                directory.resolve("both.crt"),
                other.ca().getCertificatePEM() + "\n" + pki.ca().getCertificatePEM());
        BackendTlsSettings settings =
                new BackendTlsSettings(SslMode.VERIFY_FULL, Optional.of(both), Optional.empty(), Optional.empty());
        try (BackendTls tls = BackendTls.open(settings)) {
            connect(tls, "pg-a");
        }
    }

    private void restart(X509Bundle bundle) throws Exception {
        stopServer();
        start(ListenerTlsSettings.of(Pki.write(directory, "pg", bundle)));
    }

    @Test
    void explainsAnExpiredCertificate() throws Exception {
        restart(pki.issue(Pki.expired(Pki.serverBuilder("pg-a"))));
        assertRefused(
                verifying(SslMode.VERIFY_FULL, pki),
                "pg-a",
                "certificate verify failed: certificate has expired (\"CN=pg-a\"");
    }

    @Test
    void explainsASelfSignedCertificate() throws Exception {
        restart(Pki.selfSigned(Pki.serverBuilder("pg-a")));
        assertRefused(
                verifying(SslMode.VERIFY_FULL, pki),
                "pg-a",
                "certificate verify failed: self-signed certificate (\"CN=pg-a\" is not in ");
    }

    @Test
    void explainsARevokedCertificate() throws Exception {
        assertRefused(
                verifying(SslMode.VERIFY_CA, pki).withCrlFile(pki.crlFile(directory, certificate)),
                "pg-a",
                "certificate verify failed: certificate revoked (\"CN=pg\", serial ");
    }

    @Test
    void refusesAPublicCaUnlessItIsOneOfTheJdks() throws Exception {
        BackendTlsSettings system = new BackendTlsSettings(
                SslMode.VERIFY_FULL, Optional.of(BackendTlsSettings.SYSTEM), Optional.empty(), Optional.empty());
        assertRefused(
                system,
                "pg-a",
                "certificate verify failed: unable to get local issuer certificate (no CA in the JDK's trusted");
    }

    @Test
    void agreesOnAProtocolByAlpn() throws Exception {
        try (BackendTls tls =
                BackendTls.open(BackendTlsSettings.of(SslMode.REQUIRE).withAlpnProtocols("postgresql"))) {
            assertThat(connect(tls, "pg-a").alpnProtocol()).contains("postgresql");
        }
        try (BackendTls tls =
                BackendTls.open(BackendTlsSettings.of(SslMode.REQUIRE).withAlpnProtocols("h2"))) {
            assertThatThrownBy(() -> connect(tls, "pg-a"))
                    .satisfies(failure -> assertThat(TlsFailures.explain(failure))
                            .isEqualTo("the peer sent the TLS alert no_application_protocol:"
                                    + " it speaks none of the ALPN protocols offered"));
        }
    }

    @Test
    void sendsItsClientCertificate() throws Exception {
        stopServer();
        start(ListenerTlsSettings.of(Pki.write(directory, "pg", certificate))
                .withClientCertificates(ClientCertificatePolicy.REQUIRED, pki.caFile(directory)));
        X509Bundle own = pki.client("postern");
        CertificateFiles files = Pki.write(directory, "own", own);
        BackendTlsSettings settings = new BackendTlsSettings(
                SslMode.REQUIRE, Optional.empty(), Optional.of(files.certFile()), Optional.of(files.keyFile()));
        try (BackendTls tls = BackendTls.open(settings)) {
            assertThat(connect(tls, "pg-a").ownCertificate()).contains(own.getCertificate());
            assertThat(server.nextFacts().peerCertificate()).contains(own.getCertificate());
            assertThat(tls.certificate().map(CertificateStatus::notAfter))
                    .contains(own.getCertificate().getNotAfter().toInstant());
        }
        try (BackendTls without = BackendTls.open(BackendTlsSettings.of(SslMode.REQUIRE))) {
            assertThatThrownBy(() -> connect(without, "pg-a"))
                    .satisfies(failure -> assertThat(TlsFailures.explain(failure))
                            // In TLS 1.3 the client is done before the server looks: a reset may overtake the alert.
                            .isIn(
                                    "the peer sent the TLS alert certificate_required: it wants a client certificate",
                                    "the peer closed the connection during the TLS handshake"));
        }
    }

    @Test
    void usesAChangedCaFileAfterAReload() throws Exception {
        BackendTlsSettings settings = verifying(SslMode.VERIFY_FULL, other);
        Path caFile = settings.caFile().orElseThrow();
        try (BackendTls tls = BackendTls.open(settings)) {
            assertThat(tls.files()).containsExactly(caFile);
            assertThatThrownBy(() -> connect(tls, "pg-a")).isInstanceOf(Exception.class);
            ReferenceCountedOpenSslContext old = tls.context();
            Files.writeString(caFile, pki.ca().getCertificatePEM());
            assertThat(tls.reload()).isInstanceOf(ReloadOutcome.Swapped.class);
            connect(tls, "pg-a");
            await().untilAsserted(() -> assertThat(old.refCnt()).isZero());
            Files.writeString(caFile, "broken");
            assertThat(tls.reload())
                    .isEqualTo(new ReloadOutcome.Refused(List.of(new TlsProblem(
                            caFile.toString(), "is not PEM (expected: blocks from -----BEGIN to -----END)"))));
            connect(tls, "pg-a");
            ReferenceCountedOpenSslContext current = tls.context();
            await().untilAsserted(() -> assertThat(current.refCnt()).isEqualTo(1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"FATAL: no TLS here\n", "HTTP/1.1 400 Bad Request\r\n\r\n"})
    void explainsAServerWithoutTls(String answer) throws Exception {
        try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                BackendTls tls = BackendTls.open(BackendTlsSettings.of(SslMode.REQUIRE))) {
            Thread.ofVirtual().start(() -> {
                try (Socket client = plain.accept()) {
                    client.getInputStream().read();
                    client.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                    client.getOutputStream().flush();
                    client.getInputStream().readAllBytes();
                } catch (java.io.IOException closed) {
                    // The client has seen enough.
                }
            });
            assertThatThrownBy(() -> connect(tls, "pg-a", plain.getLocalPort()))
                    .satisfies(failure -> assertThat(TlsFailures.explain(failure))
                            .isEqualTo("the peer does not answer with TLS")
                            .doesNotContain("FATAL"));
        }
    }

    @Test
    void explainsAServerThatHangsUp() throws Exception {
        try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                BackendTls tls = BackendTls.open(BackendTlsSettings.of(SslMode.REQUIRE))) {
            Thread.ofVirtual().start(() -> {
                try (Socket client = plain.accept()) {
                    client.getInputStream().readNBytes(100);
                    client.shutdownOutput();
                    client.getInputStream().readAllBytes();
                } catch (java.io.IOException closed) {
                    // The client has seen enough.
                }
            });
            assertThatThrownBy(() -> connect(tls, "pg-a", plain.getLocalPort()))
                    .satisfies(failure -> assertThat(TlsFailures.explain(failure))
                            .isEqualTo("the peer closed the connection during the TLS handshake"));
        }
    }

    @Test
    void refusesSettingsThatContradictEachOther() {
        assertThatThrownBy(() -> BackendTlsSettings.of(SslMode.VERIFY_FULL))
                .hasMessage("sslmode verify-full needs a CA file to verify the server against"
                        + " (or \"system\" with verify-full)");
        Optional<Path> system = Optional.of(BackendTlsSettings.SYSTEM);
        assertThatThrownBy(() -> new BackendTlsSettings(SslMode.REQUIRE, system, Optional.empty(), Optional.empty()))
                .hasMessage("the CA file \"system\" needs sslmode verify-full, not require");
        Optional<Path> file = Optional.of(directory.resolve("a"));
        assertThatThrownBy(() -> new BackendTlsSettings(SslMode.REQUIRE, Optional.empty(), file, Optional.empty()))
                .hasMessage("a client certificate needs certFile and keyFile, only certFile is given");
        assertThatThrownBy(() -> BackendTls.open(BackendTlsSettings.of(SslMode.DISABLE)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void knowsLibpqsModes() {
        assertThat(SslMode.values())
                .extracting(SslMode::text)
                .containsExactly("disable", "allow", "prefer", "require", "verify-ca", "verify-full");
        assertThat(SslMode.parse("verify-full")).contains(SslMode.VERIFY_FULL);
        assertThat(SslMode.parse("VERIFY_FULL")).isEmpty();
        assertThat(SslMode.values())
                .filteredOn(SslMode::allowsPlain)
                .containsExactly(SslMode.DISABLE, SslMode.ALLOW, SslMode.PREFER);
        assertThat(SslMode.values()).filteredOn(SslMode::asksFirst).doesNotContain(SslMode.DISABLE, SslMode.ALLOW);
    }
}
