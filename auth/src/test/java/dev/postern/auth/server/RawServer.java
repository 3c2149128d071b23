package dev.postern.auth.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.ongres.scram.common.util.TlsServerEndpoint;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** A bare connection to a real PostgreSQL, just enough of the protocol to log in with a {@link ServerAuthentication}. */
final class RawServer implements AutoCloseable {
    private static final int SSL_REQUEST = 80877103;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private final Optional<byte[]> endPoint;

    private RawServer(Socket socket, Optional<byte[]> endPoint) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(socket.getInputStream());
        this.out = new DataOutputStream(socket.getOutputStream());
        this.endPoint = endPoint;
    }

    static RawServer plain(int port) throws IOException {
        Socket socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(10_000);
        return new RawServer(socket, Optional.empty());
    }

    static RawServer tls(int port) throws IOException, GeneralSecurityException {
        Socket socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(10_000);
        socket.getOutputStream()
                .write(ByteBuffer.allocate(8).putInt(8).putInt(SSL_REQUEST).array());
        if (socket.getInputStream().read() != 'S') {
            throw new IOException("the server has no TLS");
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Believer()}, null);
        SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, "127.0.0.1", port, true);
        tls.startHandshake();
        X509Certificate certificate = (X509Certificate) tls.getSession().getPeerCertificates()[0];
        return new RawServer(tls, Optional.of(TlsServerEndpoint.getChannelBindingData(certificate)));
    }

    /** LoggedIn, Failed (ours), or the SQLSTATE of the server's refusal. */
    Object login(String user, ServerLogin login) throws IOException {
        ServerAuthentication exchange = login.begin(endPoint.isPresent(), endPoint, Runnable::run);
        ByteArrayOutputStream startup = new ByteArrayOutputStream();
        startup.writeBytes(ByteBuffer.allocate(4).putInt(196608).array());
        startup.writeBytes(("user\0" + user + "\0database\0postgres\0\0").getBytes(UTF_8));
        out.writeInt(startup.size() + 4);
        out.write(startup.toByteArray());
        out.flush();
        while (true) {
            byte type = in.readByte();
            byte[] body = in.readNBytes(in.readInt() - 4);
            if (type == 'E') {
                return sqlState(body);
            }
            if (type != 'R') {
                throw new IOException("unexpected message " + (char) type);
            }
            ServerStep step = settled(ask(exchange, ByteBuffer.wrap(body)));
            switch (step) {
                case ServerStep.SaslInitial(String mechanism, byte[] response) -> {
                    ByteBuffer message = ByteBuffer.allocate(mechanism.length() + 5 + response.length);
                    send(message.put(mechanism.getBytes(UTF_8))
                            .put((byte) 0)
                            .putInt(response.length)
                            .put(response)
                            .array());
                }
                case ServerStep.SaslResponse(byte[] data) -> send(data);
                case ServerStep.Password(byte[] password) -> send(Arrays.copyOf(password, password.length + 1));
                case ServerStep.Wait() -> {}
                case ServerStep.LoggedIn loggedIn -> {
                    return loggedIn;
                }
                case ServerStep.Failed failed -> {
                    return failed;
                }
                case ServerStep.Later later -> throw new IOException("still later: " + later);
            }
        }
    }

    private static ServerStep ask(ServerAuthentication exchange, ByteBuffer body) {
        int kind = body.getInt();
        byte[] rest = new byte[body.remaining()];
        body.get(rest);
        return switch (kind) {
            case 0 -> exchange.onOk();
            case 3 -> exchange.onCleartext();
            case 5 -> exchange.onMd5(rest);
            case 10 -> exchange.onSasl(names(rest));
            case 11 -> exchange.onSaslContinue(rest);
            case 12 -> exchange.onSaslFinal(rest);
            default -> exchange.onOther(kind);
        };
    }

    private static List<String> names(byte[] list) {
        List<String> names = new ArrayList<>(List.of(new String(list, UTF_8).split("\0")));
        names.removeIf(String::isEmpty);
        return names;
    }

    private static ServerStep settled(ServerStep step) {
        return step instanceof ServerStep.Later(var stage)
                ? stage.toCompletableFuture().join()
                : step;
    }

    private static String sqlState(byte[] error) {
        for (String field : new String(error, UTF_8).split("\0")) {
            if (field.startsWith("C")) {
                return field.substring(1);
            }
        }
        return "";
    }

    private void send(byte[] body) throws IOException {
        out.writeByte('p');
        out.writeInt(body.length + 4);
        out.write(body);
        out.flush();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** This test asks what the channel is bound to, not whom to trust. */
    private static final class Believer implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
