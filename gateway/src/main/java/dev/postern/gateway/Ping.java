package dev.postern.gateway;

import dev.postern.gateway.config.ListenAddress;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * Asks a gateway whether it is alive; answers in one line, and fails by an {@link IOException} whose message is one. Blocks,
 * at most about as long as the timeout.
 */
final class Ping {
    /** Length and code of PostgreSQL's SSLRequest. */
    private static final byte[] SSL_REQUEST =
            ByteBuffer.allocate(8).putInt(8).putInt(80877103).array();

    private static final int OK = 200;

    private final Duration timeout;

    Ping(Duration timeout) {
        this.timeout = timeout;
    }

    /** Asks for TLS and goes away: the listener has a running event loop, whatever it answers. */
    String listener(ListenAddress address) throws IOException {
        try (Socket socket = new Socket(Proxy.NO_PROXY)) {
            socket.setSoTimeout(millis());
            socket.connect(new InetSocketAddress(reachable(address.host()), address.port()), millis());
            socket.getOutputStream().write(SSL_REQUEST);
            int answer = socket.getInputStream().read();
            return switch (answer) {
                case 'S' -> address + " answers, with TLS";
                case 'N' -> address + " answers, without TLS";
                case -1 -> throw new IOException(address + " closed the connection without an answer");
                default ->
                    throw new IOException(address + " answered with byte " + answer + ", which PostgreSQL does not");
            };
        } catch (SocketTimeoutException e) {
            throw new IOException(address + " did not answer within " + timeout.toMillis() + " ms", e);
        } catch (UnknownHostException e) {
            throw new IOException(address + ": the host is not known", e);
        } catch (java.net.ConnectException e) {
            throw new IOException(address + ": " + e.getMessage(), e);
        }
    }

    /** {@code /healthz} of the admin server on this address. */
    String admin(ListenAddress address) throws IOException {
        return admin(URI.create("http://" + new ListenAddress(reachable(address.host()), address.port())));
    }

    /** {@code /healthz} below this address. */
    String admin(URI base) throws IOException {
        if (!"http".equals(base.getScheme()) || base.getHost() == null) {
            throw new IOException(base + " is no address of an admin server (expected: such as http://127.0.0.1:9090)");
        }
        URI uri = base.resolve("/healthz");
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
        try {
            connection.setConnectTimeout(millis());
            connection.setReadTimeout(millis());
            connection.setInstanceFollowRedirects(false);
            int status = connection.getResponseCode();
            if (status != OK) {
                throw new IOException(uri + " answered with status " + status);
            }
            return uri + " answers";
        } catch (SocketTimeoutException e) {
            throw new IOException(uri + " did not answer within " + timeout.toMillis() + " ms", e);
        } catch (java.net.ConnectException e) {
            throw new IOException(uri + ": " + e.getMessage(), e);
        } finally {
            connection.disconnect();
        }
    }

    /** A listener on all addresses is asked on the loopback. */
    private static String reachable(String host) throws UnknownHostException {
        try {
            InetAddress literal = InetAddress.ofLiteral(host);
            return literal.isAnyLocalAddress()
                    ? InetAddress.getLoopbackAddress().getHostAddress()
                    : host;
        } catch (IllegalArgumentException notALiteral) {
            return host;
        }
    }

    private int millis() {
        return Math.toIntExact(timeout.toMillis());
    }
}
