package dev.postern.gateway.it.harness;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.util.TlsServerEndpoint;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;

/**
 * A blocking client that speaks the protocol by hand: it sends any bytes, whole or split, and hands out the messages that
 * come back as they are. One thread may send while another receives.
 */
public final class WireClient implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final int port;
    private final Socket tcp;
    private final List<WireMessage> loginMessages = new ArrayList<>();
    private final Map<String, String> parameters = new HashMap<>();
    private boolean binding;
    private Socket socket;
    private DataInputStream in;
    private OutputStream out;

    private WireClient(int port, Socket socket) throws IOException {
        this.port = port;
        this.tcp = socket;
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        this.out = socket.getOutputStream();
    }

    /** A TCP connection on which nothing was said yet. */
    public static WireClient open(int port) {
        return open(port, 0);
    }

    /** The same with a small receive buffer, so that a reader who stops reading is felt by the other side soon. */
    public static WireClient open(int port, int receiveBufferBytes) {
        try {
            Socket socket = new Socket();
            if (receiveBufferBytes > 0) {
                socket.setReceiveBufferSize(receiveBufferBytes);
            }
            socket.connect(new InetSocketAddress("127.0.0.1", port), (int) PATIENCE.toMillis());
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            return new WireClient(port, socket);
        } catch (IOException e) {
            throw new UncheckedIOException("no connection to port " + port, e);
        }
    }

    /** Logs in and returns at ReadyForQuery. */
    public static WireClient connect(ServerAddress address) {
        return open(address.port()).login(address);
    }

    /** TLS if the address asks for it, startup packet, authentication, ReadyForQuery. */
    public WireClient login(ServerAddress address) {
        boolean ready = false;
        try {
            address.tls().ifPresent(this::startTls);
            send(FrontendBytes.startup(address.protocol(), address.startupParameters()));
            authenticate(address);
            awaitFirstReadyForQuery();
            ready = true;
            return this;
        } finally {
            if (!ready) {
                close();
            }
        }
    }

    private void awaitFirstReadyForQuery() {
        do {
            loginMessages.add(receive());
            if (loginMessages.getLast().type() == 'E') {
                throw new LoginRefused(List.copyOf(loginMessages));
            }
        } while (loginMessages.getLast().type() != 'Z');
    }

    /** What came between the startup packet and the first ReadyForQuery, both the authentication and the rest. */
    public List<WireMessage> loginMessages() {
        return List.copyOf(loginMessages);
    }

    /** Asks for TLS and does the handshake; fails when the server does not answer {@code S}. */
    public void startTls(SSLContext context) {
        startTls(context, parameters -> {});
    }

    /** The same, for example with a server name. */
    public void startTls(SSLContext context, Consumer<SSLParameters> more) {
        send(FrontendBytes.sslRequest());
        int answer = receiveByte();
        if (answer != 'S') {
            throw new IllegalStateException("asked for TLS, answered " + (char) answer);
        }
        handshake(context, more);
    }

    /** The handshake alone. */
    public void handshake(SSLContext context) {
        handshake(context, parameters -> {});
    }

    /** The handshake alone, for example with a server name or an application protocol. */
    public void handshake(SSLContext context, Consumer<SSLParameters> more) {
        try {
            SSLSocket secure = (SSLSocket) context.getSocketFactory().createSocket(socket, "localhost", port, true);
            SSLParameters parameters = secure.getSSLParameters();
            more.accept(parameters);
            secure.setSSLParameters(parameters);
            secure.startHandshake();
            socket = secure;
            in = new DataInputStream(new BufferedInputStream(secure.getInputStream(), 1 << 16));
            out = secure.getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the other side has shown in the handshake. */
    public X509Certificate serverCertificate() {
        try {
            return (X509Certificate) ((SSLSocket) socket).getSession().getPeerCertificates()[0];
        } catch (SSLPeerUnverifiedException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes SCRAM-SHA-256-PLUS, and nothing less. */
    public WireClient bindingItsChannel() {
        binding = true;
        return this;
    }

    /** Answers what the server asks for until AuthenticationOk; throws {@link LoginRefused} at an ErrorResponse. */
    public void authenticate(ServerAddress address) {
        while (true) {
            WireMessage message = receive();
            loginMessages.add(message);
            if (message.type() == 'E') {
                throw new LoginRefused(List.copyOf(loginMessages));
            }
            if (message.type() != 'R') {
                continue;
            }
            switch (ByteBuffer.wrap(message.body()).getInt()) {
                case 0 -> {
                    return;
                }
                case 3 -> send(FrontendBytes.password(FrontendBytes.cString(address.password())));
                case 5 -> send(FrontendBytes.password(FrontendBytes.cString(md5(address, message))));
                case 10 -> scram(address);
                default -> throw new IllegalStateException("unexpected " + message);
            }
        }
    }

    private void scram(ServerAddress address) {
        String mechanism = binding ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256";
        ScramClient.FinalBuildStage builder = ScramClient.builder()
                .advertisedMechanisms(List.of(mechanism))
                .username(address.user())
                .password(address.password().toCharArray());
        if (binding) {
            builder.channelBinding("tls-server-end-point", endPoint());
        }
        ScramClient scram = builder.build();
        byte[] first = utf8(scram.clientFirstMessage().toString());
        send(FrontendBytes.password(FrontendBytes.cString(mechanism), FrontendBytes.int32(first.length), first));
        try {
            scram.serverFirstMessage(saslData(11));
            send(FrontendBytes.password(utf8(scram.clientFinalMessage().toString())));
            scram.serverFinalMessage(saslData(12));
        } catch (com.ongres.scram.common.exception.ScramException e) {
            throw new IllegalStateException("SCRAM: " + e.getMessage(), e);
        }
    }

    private byte[] endPoint() {
        try {
            return TlsServerEndpoint.getChannelBindingData(serverCertificate());
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String md5(ServerAddress address, WireMessage challenge) {
        String stored = md5(utf8(address.password() + address.user()));
        byte[] salt = Arrays.copyOfRange(challenge.body(), 4, 8);
        return "md5" + md5(FrontendBytes.concat(utf8(stored), salt));
    }

    private static String md5(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private String saslData(int expected) {
        WireMessage message = receive();
        loginMessages.add(message);
        if (message.type() == 'E') {
            throw new LoginRefused(List.copyOf(loginMessages));
        }
        ByteBuffer body = ByteBuffer.wrap(message.body());
        if (message.type() != 'R' || body.getInt() != expected) {
            throw new IllegalStateException("expected R(" + expected + "), got " + message);
        }
        return StandardCharsets.UTF_8.decode(body).toString();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Sends all parts in one write. */
    public WireClient send(byte[]... parts) {
        try {
            out.write(FrontendBytes.concat(parts));
            out.flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends the bytes in pieces of the size given, each in a write (and TLS record) of its own. */
    public WireClient sendSplit(int pieceBytes, byte[]... parts) {
        byte[] all = FrontendBytes.concat(parts);
        try {
            for (int from = 0; from < all.length; from += pieceBytes) {
                out.write(all, from, Math.min(pieceBytes, all.length - from));
                out.flush();
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next message; fails when none comes in time or the connection ends. */
    public WireMessage receive() {
        try {
            char type = (char) in.readUnsignedByte();
            int length = in.readInt();
            WireMessage message = new WireMessage(type, in.readNBytes(length - 4));
            if (type == 'S') {
                String[] setting = new String(message.body(), StandardCharsets.UTF_8).split("\0", -1);
                parameters.put(setting[0], setting[1]);
            }
            return message;
        } catch (EOFException e) {
            throw new ConnectionEnded(e);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("no message within " + PATIENCE, e);
        } catch (IOException e) {
            throw new ConnectionEnded(e);
        }
    }

    /** The next message, read and thrown away: only its type and length are left, in {@code toString}. */
    public Discarded discard() {
        try {
            char type = (char) in.readUnsignedByte();
            int length = in.readInt() - 4;
            in.skipNBytes(length);
            return new Discarded(type, length);
        } catch (IOException e) {
            throw new ConnectionEnded(e);
        }
    }

    /** Type and body length of a message too large to keep. */
    public record Discarded(char type, int bytes) {
        @Override
        public String toString() {
            return type + "(" + bytes + " bytes)";
        }
    }

    /** The next message if one comes within the time given. */
    public java.util.Optional<WireMessage> receiveWithin(Duration limit) {
        try {
            socket.setSoTimeout((int) limit.toMillis());
            in.mark(1);
            try {
                if (in.read() < 0) {
                    throw new ConnectionEnded(new EOFException());
                }
                in.reset();
            } catch (SocketTimeoutException e) {
                return java.util.Optional.empty();
            } finally {
                socket.setSoTimeout((int) PATIENCE.toMillis());
            }
            return java.util.Optional.of(receive());
        } catch (IOException e) {
            throw new ConnectionEnded(e);
        }
    }

    /** Something can be received without waiting. */
    public boolean hasAnswer() throws IOException {
        return in.available() > 0;
    }

    /** A single byte: the answer to SSLRequest. */
    public int receiveByte() {
        try {
            return in.readUnsignedByte();
        } catch (EOFException e) {
            throw new ConnectionEnded(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Messages up to and including the first of the type given. */
    public List<WireMessage> receiveUntil(char type) {
        List<WireMessage> messages = new ArrayList<>();
        do {
            messages.add(receive());
        } while (messages.getLast().type() != type);
        return messages;
    }

    /** Messages up to and including ReadyForQuery. */
    public List<WireMessage> receiveUntilReady() {
        return receiveUntil('Z');
    }

    /** The same as texts, see {@link WireMessage#toString}. */
    public List<String> answers() {
        return receiveUntilReady().stream().map(WireMessage::toString).toList();
    }

    /** Sends one simple query and returns the answers up to ReadyForQuery. */
    public List<String> query(String sql) {
        send(FrontendBytes.query(sql));
        return answers();
    }

    /** The first column of the first row of a simple query. */
    public String ask(String sql) {
        send(FrontendBytes.query(sql));
        List<WireMessage> answers = receiveUntilReady();
        return answers.stream()
                .filter(message -> message.type() == 'D')
                .findFirst()
                .orElseThrow(() -> new AssertionError(sql + " answered " + answers))
                .columns()
                .getFirst();
    }

    /** Everything up to the end of the connection. */
    public List<WireMessage> receiveUntilClosed() {
        List<WireMessage> messages = new ArrayList<>();
        try {
            while (true) {
                messages.add(receive());
            }
        } catch (ConnectionEnded end) {
            return messages;
        }
    }

    /** Whether the other side has closed, waiting up to the limit for it; what it still sent is thrown away. */
    public boolean closedWithin(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        byte[] rubbish = new byte[8192];
        try {
            while (true) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                socket.setSoTimeout((int) left);
                if (in.read(rubbish) < 0) {
                    return true;
                }
            }
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** The process id of BackendKeyData. */
    public int backendPid() {
        return ByteBuffer.wrap(backendKeyData().body()).getInt();
    }

    /** The secret key of BackendKeyData. */
    public byte[] backendKey() {
        byte[] body = backendKeyData().body();
        return java.util.Arrays.copyOfRange(body, 4, body.length);
    }

    private WireMessage backendKeyData() {
        return loginMessages.stream()
                .filter(message -> message.type() == 'K')
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no BackendKeyData"));
    }

    /** The last value of a ParameterStatus during login. */
    public String parameterStatus(String name) {
        return loginMessages.stream()
                .filter(message -> message.type() == 'S')
                .map(WireMessage::toString)
                .filter(text -> text.startsWith("S(" + name + "="))
                .reduce((first, last) -> last)
                .map(text -> text.substring(name.length() + 3, text.length() - 1))
                .orElse("none");
    }

    /** What the server has reported last, of all that was received. */
    public Map<String, String> parameters() {
        return Map.copyOf(parameters);
    }

    /** Sends a CancelRequest for this client's query on a connection of its own; returns when the server has closed it. */
    public void cancel() {
        try (WireClient canceller = open(port)) {
            canceller.send(FrontendBytes.cancelRequest(backendPid(), backendKey()));
            canceller.closedWithin(PATIENCE);
        }
    }

    /** Ends the connection with a reset, as a client does that was killed with data unread. */
    public void kill() {
        try {
            tcp.setSoLinger(true, 0);
        } catch (SocketException e) {
            // Closed by the other side already.
        }
        abandon();
    }

    /** Closes the socket without Terminate: a client that died. */
    public void abandon() {
        try {
            // Not the TLS socket: that would say goodbye first.
            tcp.close();
        } catch (IOException e) {
            // Gone either way.
        }
    }

    /** Terminate, then close. */
    @Override
    public void close() {
        try {
            out.write(FrontendBytes.terminate());
            out.flush();
        } catch (IOException e) {
            // Closed by the other side already.
        }
        abandon();
    }

    /** The other side closed the connection. */
    public static final class ConnectionEnded extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ConnectionEnded(IOException cause) {
            super("the server closed the connection", cause);
        }
    }

    /** The server answered the login with an ErrorResponse. */
    public static final class LoginRefused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient List<WireMessage> messages;

        LoginRefused(List<WireMessage> messages) {
            super(messages.getLast().fields().toString());
            this.messages = messages;
        }

        /** All messages of the login; the last is the ErrorResponse. */
        public List<WireMessage> messages() {
            return messages;
        }

        public WireMessage error() {
            return messages.getLast();
        }
    }
}
