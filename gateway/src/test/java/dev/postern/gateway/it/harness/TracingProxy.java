package dev.postern.gateway.it.harness;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Stands between a plaintext client and a server and writes down every message in both directions ({@code >} from the
 * client, {@code <} from the server): what real drivers do, and what the gateway does to a real server.
 */
public final class TracingProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final int targetPort;
    private final List<String> trace = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    private TracingProxy(ServerSocket listener, int targetPort) {
        this.listener = listener;
        this.targetPort = targetPort;
    }

    /** Listens on a free port of 127.0.0.1 and forwards to another. */
    public static TracingProxy to(int targetPort) {
        try {
            TracingProxy proxy =
                    new TracingProxy(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")), targetPort);
            Thread.ofVirtual().start(proxy::acceptAll);
            return proxy;
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

    /** The messages so far, in the order in which the proxy saw them. */
    public List<String> trace() {
        return List.copyOf(trace);
    }

    /** Cuts all connections at once, as a network does. */
    public void cutAll() {
        open.forEach(TracingProxy::closeQuietly);
    }

    private void acceptAll() {
        while (true) {
            try {
                Socket client = listener.accept();
                Socket server = new Socket("127.0.0.1", targetPort);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                open.add(client);
                open.add(server);
                Thread.ofVirtual().start(() -> forward(client, server, '>'));
                Thread.ofVirtual().start(() -> forward(server, client, '<'));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void forward(Socket from, Socket to, char direction) {
        try {
            DataInputStream in = new DataInputStream(from.getInputStream());
            OutputStream out = to.getOutputStream();
            if (direction == '>') {
                byte[] startup = startupPacket(in);
                trace.add("> startup(" + (startup.length) + " bytes)");
                out.write(startup);
                out.flush();
            }
            forwardMessages(in, out, direction);
        } catch (IOException e) {
            // One side has ended; so does the other.
        } finally {
            closeQuietly(from);
            closeQuietly(to);
        }
    }

    private void forwardMessages(DataInputStream in, OutputStream out, char direction) throws IOException {
        for (int type = in.read(); type >= 0; type = in.read()) {
            int length = in.readInt();
            byte[] body = in.readNBytes(length - 4);
            trace.add(direction + " " + describe((char) type, body, direction));
            out.write(FrontendBytes.message((char) type, body));
            out.flush();
        }
    }

    private static String describe(char type, byte[] body, char direction) {
        if (direction == '<') {
            return new WireMessage(type, body).toString();
        }
        return switch (type) {
            case 'Q' -> "Q(" + WireMessage.string(java.nio.ByteBuffer.wrap(body)) + ")";
            case 'P' -> {
                java.nio.ByteBuffer in = java.nio.ByteBuffer.wrap(body);
                yield "P(" + WireMessage.string(in) + "," + WireMessage.string(in) + ")";
            }
            default -> String.valueOf(type);
        };
    }

    private static byte[] startupPacket(InputStream in) throws IOException {
        DataInputStream data = new DataInputStream(in);
        int length = data.readInt();
        return FrontendBytes.concat(FrontendBytes.int32(length), data.readNBytes(length - 4));
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // Gone either way.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cutAll();
    }
}
