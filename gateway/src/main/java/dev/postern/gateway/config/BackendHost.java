package dev.postern.gateway.config;

/**
 * A PostgreSQL server: {@code pg-a:5432}, {@code pg-a}, {@code [fd00::1]:5432}.
 *
 * @param host a name or a literal address, without brackets
 * @param port 5432 where the file has none
 */
public record BackendHost(String host, int port) {
    static final String EXPECTED = "a host, or host:port, such as pg-a:5432 or [fd00::1]:5432";

    private static final int POSTGRES_PORT = 5432;

    static BackendHost parse(String text) {
        HostAndPort parts = HostAndPort.parse(text);
        int port = parts.port().orElse(POSTGRES_PORT);
        if (port == 0) {
            throw new IllegalArgumentException("the port is 0");
        }
        return new BackendHost(parts.host(), port);
    }

    @Override
    public String toString() {
        return HostAndPort.print(host, port);
    }
}
