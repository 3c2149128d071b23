package dev.postern.tls;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
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
import javax.net.ssl.X509ExtendedKeyManager;

/** A client that is not ours: the JDK's TLS. One client is one {@link SSLContext}, so it may resume its sessions. */
final class JdkClient {
    /** What one exchange showed the client. */
    record Seen(String protocol, String cipher, String alpn, X509Certificate serverCertificate) {}

    private static final int TIMEOUT_MILLIS = 20_000;

    private final SSLContext context;
    private Consumer<SSLParameters> parameters = p -> {};

    private JdkClient(SSLContext context) {
        this.context = context;
    }

    static JdkClient trusting(Pki pki) {
        return make(pki, new KeyManager[0]);
    }

    /** Sends this certificate whatever CAs the server names: the JDK's own manager would rather send none. */
    static JdkClient trusting(Pki pki, X509Bundle own) {
        return make(pki, new KeyManager[] {new OneCertificate(own)});
    }

    private static final class OneCertificate extends X509ExtendedKeyManager {
        private final X509Bundle bundle;

        OneCertificate(X509Bundle bundle) {
            this.bundle = bundle;
        }

        @Override
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return "own";
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return bundle.getCertificatePath();
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return bundle.getKeyPair().getPrivate();
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return new String[] {"own"};
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            throw new UnsupportedOperationException("a client");
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
        try (OpenConnection connection = connect(port)) {
            connection.echo();
            SSLSession session = connection.socket().getSession();
            return new Seen(
                    session.getProtocol(),
                    session.getCipherSuite(),
                    connection.socket().getApplicationProtocol(),
                    (X509Certificate) session.getPeerCertificates()[0]);
        }
    }

    /**
     * Connects and listens without a word: with TLS 1.3 a client is done before the server has judged its certificate,
     * and what it writes meanwhile may meet a closed connection before it has read the alert.
     */
    void connectAndListen(int port) throws IOException {
        try (OpenConnection connection = connect(port)) {
            connection.socket().getInputStream().read();
        }
    }

    OpenConnection connect(int port) throws IOException {
        Socket plain = new Socket();
        try {
            plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
            plain.setSoTimeout(TIMEOUT_MILLIS);
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", port, true);
            SSLParameters p = socket.getSSLParameters();
            parameters.accept(p);
            socket.setSSLParameters(p);
            socket.startHandshake();
            return new OpenConnection(socket);
        } catch (IOException | RuntimeException e) {
            plain.close();
            throw e;
        }
    }
}
