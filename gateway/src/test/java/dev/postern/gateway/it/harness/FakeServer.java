package dev.postern.gateway.it.harness;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/**
 * A backend that does what its script says, for the faults that a real server cannot be talked into. Each connection runs
 * the script on a virtual thread of its own; the connection closes when the script returns.
 */
public final class FakeServer implements AutoCloseable {
    private final ServerSocket listener;
    private final Script script;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();

    private FakeServer(ServerSocket listener, Script script) {
        this.listener = listener;
        this.script = script;
    }

    /** What one connection does. */
    @FunctionalInterface
    public interface Script {
        void run(Session session) throws IOException;
    }

    /** Listens on a free port of 127.0.0.1. */
    public static FakeServer start(Script script) {
        try {
            FakeServer server = new FakeServer(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")), script);
            Thread.ofVirtual().start(server::acceptAll);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    public String address() {
        return "127.0.0.1:" + port();
    }

    /** Connections accepted so far. */
    public int accepted() {
        return accepted.get();
    }

    /** Connections open now. */
    public int open() {
        return open.size();
    }

    private void acceptAll() {
        while (true) {
            try {
                Socket socket = listener.accept();
                accepted.incrementAndGet();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            script.run(new Session(socket));
        } catch (IOException e) {
            // The gateway hung up first.
        } finally {
            open.remove(socket);
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One connection from the gateway, seen by the script. */
    public static final class Session {
        private Socket socket;
        private DataInputStream in;
        private OutputStream out;

        Session(Socket socket) throws IOException {
            this.socket = socket;
            this.in = new DataInputStream(socket.getInputStream());
            this.out = socket.getOutputStream();
        }

        /** The body of a packet without type: startup, SSLRequest, CancelRequest. */
        public byte[] receiveStartup() throws IOException {
            return in.readNBytes(in.readInt() - 4);
        }

        /** The next message; empty when the gateway has closed. */
        public Optional<WireMessage> receive() throws IOException {
            try {
                char type = (char) in.readUnsignedByte();
                return Optional.of(new WireMessage(type, in.readNBytes(in.readInt() - 4)));
            } catch (EOFException e) {
                return Optional.empty();
            }
        }

        public Session send(byte[]... parts) throws IOException {
            out.write(FrontendBytes.concat(parts));
            out.flush();
            return this;
        }

        /** Answers an SSLRequest and does the handshake. */
        public Session acceptTls(SSLContext context) throws IOException {
            receiveStartup();
            send(new byte[] {'S'});
            javax.net.ssl.SSLSocket secure = (javax.net.ssl.SSLSocket)
                    context.getSocketFactory().createSocket(socket, null, socket.getPort(), true);
            secure.setUseClientMode(false);
            secure.startHandshake();
            socket = secure;
            in = new DataInputStream(secure.getInputStream());
            out = secure.getOutputStream();
            return this;
        }

        /** Reads the startup packet and lets the gateway in without a password. */
        public Session welcome() throws IOException {
            receiveStartup();
            return send(
                    FrontendBytes.message('R', FrontendBytes.int32(0)),
                    parameterStatus("server_version", "17.0"),
                    parameterStatus("client_encoding", "UTF8"),
                    parameterStatus("server_encoding", "UTF8"),
                    parameterStatus("DateStyle", "ISO, MDY"),
                    parameterStatus("TimeZone", "UTC"),
                    parameterStatus("IntervalStyle", "postgres"),
                    parameterStatus("standard_conforming_strings", "on"),
                    parameterStatus("integer_datetimes", "on"),
                    parameterStatus("application_name", ""),
                    parameterStatus("is_superuser", "off"),
                    FrontendBytes.message(
                            'K', ByteBuffer.allocate(8).putInt(4711).putInt(815).array()),
                    readyForQuery('I'));
        }

        /** Reads and throws away until the gateway closes: a server that never answers. */
        public void ignoreEverything() throws IOException {
            in.transferTo(OutputStream.nullOutputStream());
        }

        public static byte[] readyForQuery(char status) {
            return FrontendBytes.message('Z', new byte[] {(byte) status});
        }

        public static byte[] parameterStatus(String name, String value) {
            return FrontendBytes.message('S', FrontendBytes.cString(name), FrontendBytes.cString(value));
        }

        public static byte[] commandComplete(String tag) {
            return FrontendBytes.message('C', FrontendBytes.cString(tag));
        }

        /** Fields as pairs of letter and value, in the order given. */
        public static byte[] errorResponse(String... fields) {
            byte[] body = new byte[0];
            for (String field : fields) {
                body = FrontendBytes.concat(body, FrontendBytes.cString(field));
            }
            return FrontendBytes.message('E', body, new byte[1]);
        }
    }
}
