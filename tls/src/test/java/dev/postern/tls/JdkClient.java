package dev.postern.tls;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/** A client that is not ours: the JDK's TLS. One client is one {@link SSLContext}, so it may resume its sessions. */
final class JdkClient {
    /** What one exchange showed the client. */
    record Seen(String protocol, String cipher, String alpn, X509Certificate serverCertificate, long sessionCreated) {}

    private final SSLContext context;
    private Consumer<SSLParameters> parameters = p -> {};

    private JdkClient(SSLContext context) {
        this.context = context;
    }

    static JdkClient trusting(Pki pki) {
        return make(pki, new KeyManager[0]);
    }

    static JdkClient trusting(Pki pki, X509Bundle own) {
        try {
            return make(pki, own.toKeyManagerFactory().getKeyManagers());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JdkClient make(Pki pki, KeyManager[] keys) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, new TrustManager[] {pki.ca().toTrustManager()}, null);
            return new JdkClient(context);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    JdkClient with(Consumer<SSLParameters> more) {
        parameters = parameters.andThen(more);
        return this;
    }

    JdkClient protocols(String... names) {
        return with(p -> p.setProtocols(names));
    }

    JdkClient serverName(String name) {
        return with(p -> p.setServerNames(List.of(new SNIHostName(name))));
    }

    JdkClient alpn(String... names) {
        return with(p -> p.setApplicationProtocols(names));
    }

    /** Connects, sends a line, reads it back, closes. */
    Seen exchange(int port) throws IOException {
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
            plain.setSoTimeout(10_000);
            try (SSLSocket socket =
                    (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", port, true)) {
                SSLParameters p = socket.getSSLParameters();
                parameters.accept(p);
                socket.setSSLParameters(p);
                socket.startHandshake();
                byte[] line = "hello\n".getBytes(StandardCharsets.US_ASCII);
                socket.getOutputStream().write(line);
                byte[] back = socket.getInputStream().readNBytes(line.length);
                if (back.length != line.length) {
                    throw new IOException("connection closed by the server");
                }
                SSLSession session = socket.getSession();
                return new Seen(
                        session.getProtocol(),
                        session.getCipherSuite(),
                        socket.getApplicationProtocol(),
                        (X509Certificate) session.getPeerCertificates()[0],
                        session.getCreationTime());
            }
        }
    }
}
