package dev.postern.gateway.config;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where to listen: {@code 0.0.0.0:5432}, {@code [::1]:5432}, {@code localhost:0}, {@code unix:/run/postern/.s.PGSQL.6432}.
 *
 * @param host a name or a literal address, without brackets; or {@code unix:} and the path of a socket
 * @param port 0: any free port
 */
public record ListenAddress(String host, int port) {
    static final String EXPECTED =
            "host:port such as 0.0.0.0:5432, 127.0.0.1:6432 or [::]:5432, or unix:/run/postern/.s.PGSQL.6432";

    private static final String UNIX = "unix:";

    /** Bytes of a socket's path: sun_path of Linux without its terminator. */
    private static final int MOST_PATH = 107;

    /**
     * Reads {@code host:port}, or {@code unix:} and a path.
     *
     * @throws IllegalArgumentException whose message says what is wrong with the text
     */
    public static ListenAddress parse(String text) {
        if (text.startsWith(UNIX)) {
            return unix(text);
        }
        HostAndPort parts = HostAndPort.parse(text);
        return new ListenAddress(
                parts.host(), parts.port().orElseThrow(() -> new IllegalArgumentException("has no port")));
    }

    private static ListenAddress unix(String text) {
        String path = text.substring(UNIX.length());
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("is not an absolute path");
        }
        if (path.getBytes(StandardCharsets.UTF_8).length > MOST_PATH) {
            throw new IllegalArgumentException(
                    "is longer than the " + MOST_PATH + " bytes that a socket's path may have");
        }
        return new ListenAddress(text, 0);
    }

    /** The path, for a unix socket. */
    public Optional<Path> socket() {
        return host.startsWith(UNIX) ? Optional.of(Path.of(host.substring(UNIX.length()))) : Optional.empty();
    }

    /** Whether only this machine can reach it. A name other than localhost is not looked up, and counts as reachable. */
    public boolean isLoopback() {
        if (host.equalsIgnoreCase("localhost") || socket().isPresent()) {
            return true;
        }
        try {
            return InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return socket().isPresent() ? host : HostAndPort.print(host, port);
    }
}
