package dev.postern.gateway.backend;

/**
 * One of a backend's hosts.
 *
 * @param host name or IP address
 * @param port 1 to 65535
 */
public record ServerAddress(String host, int port) {
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
