package dev.postern.gateway.config;

import java.net.InetAddress;

/**
 * Where to listen: {@code 0.0.0.0:5432}, {@code [::1]:5432}, {@code localhost:0}.
 *
 * @param host a name or a literal address, without brackets
 * @param port 0: any free port
 */
public record ListenAddress(String host, int port) {
    static final String EXPECTED = "host:port such as 0.0.0.0:5432, 127.0.0.1:6432 or [::]:5432";

    /**
     * Reads {@code host:port}.
     *
     * @throws IllegalArgumentException whose message says what is wrong with the text
     */
    public static ListenAddress parse(String text) {
        HostAndPort parts = HostAndPort.parse(text);
        return new ListenAddress(
                parts.host(), parts.port().orElseThrow(() -> new IllegalArgumentException("has no port")));
    }

    /** Whether only this machine can reach it. A name other than localhost is not looked up, and counts as reachable. */
    public boolean isLoopback() {
        if (host.equalsIgnoreCase("localhost")) {
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
        return HostAndPort.print(host, port);
    }
}
