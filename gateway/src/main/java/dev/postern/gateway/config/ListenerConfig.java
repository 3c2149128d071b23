package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.util.Optional;

/**
 * One address on which clients connect.
 *
 * @param name unique; labels logs and metrics
 * @param address where to listen
 * @param tls how clients encrypt; without this object TLS is required
 * @param socketMode who may connect to a unix socket; default 0777 (PgBouncer: unix_socket_mode)
 * @param socketGroup the group of a unix socket, by name or number; default: the process's own (PgBouncer: unix_socket_group)
 * @param proxyProtocol the load balancers in front, whose word on the client's address is taken
 */
public record ListenerConfig(
        String name,
        ListenAddress address,
        ListenerTlsConfig tls,
        Optional<SocketMode> socketMode,
        Optional<String> socketGroup,
        Optional<ProxyProtocolConfig> proxyProtocol)
        implements Checked {
    @Override
    public void check(Checks checks) {
        checks.notBlank("name", name, "a name")
                .problem(
                        address.socket().isPresent() && tls.mode() == ListenerTlsMode.REQUIRE,
                        "tls",
                        "is required, but clients do not speak TLS on a unix socket",
                        "tls: {mode: disable}")
                .problem(
                        address.socket().isEmpty() && socketMode.isPresent(),
                        "socketMode",
                        "is for unix sockets, and " + address + " is none",
                        "an address such as unix:/run/postern/.s.PGSQL.6432, or no socketMode")
                .problem(
                        address.socket().isEmpty() && socketGroup.isPresent(),
                        "socketGroup",
                        "is for unix sockets, and " + address + " is none",
                        "an address such as unix:/run/postern/.s.PGSQL.6432, or no socketGroup");
    }
}
