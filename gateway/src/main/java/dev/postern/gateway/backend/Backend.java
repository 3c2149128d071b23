package dev.postern.gateway.backend;

import dev.postern.auth.server.LoginPolicy;
import dev.postern.tls.BackendTls;
import dev.postern.tls.SslMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a pool's server connections go.
 *
 * @param route the route's name, for logs
 * @param hosts tried in order
 * @param database the database to ask for
 * @param sslMode libpq's sslmode
 * @param tls empty with sslmode disable alone
 * @param loginPolicy which ways of authentication are acceptable
 * @param parameters more startup parameters for the server connection
 */
public record Backend(
        String route,
        List<ServerAddress> hosts,
        String database,
        SslMode sslMode,
        Optional<BackendTls> tls,
        LoginPolicy loginPolicy,
        Map<String, String> parameters) {
    public Backend {
        hosts = List.copyOf(hosts);
        parameters = Map.copyOf(parameters);
    }
}
