package dev.postern.gateway.backend;

import dev.postern.auth.server.LoginPolicy;
import dev.postern.tls.BackendTls;
import dev.postern.tls.SslMode;
import io.netty.channel.Channel;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where a pool's server connections go.
 *
 * @param route the route's name, for logs
 * @param hosts which of them will do, and in which order they are tried
 * @param database the database to ask for
 * @param sslMode libpq's sslmode
 * @param tls empty with sslmode disable alone
 * @param loginPolicy which ways of authentication are acceptable
 * @param allowSuperuser whether the role may be a superuser; a server says so of each login
 * @param parameters more startup parameters for the server connection
 * @param connectQuery run before a client gets the connection
 * @param socket sets options of a connection that is made
 */
public record Backend(
        String route,
        Hosts hosts,
        String database,
        SslMode sslMode,
        Optional<BackendTls> tls,
        LoginPolicy loginPolicy,
        boolean allowSuperuser,
        Map<String, String> parameters,
        Optional<String> connectQuery,
        Consumer<Channel> socket) {
    public Backend {
        parameters = Map.copyOf(parameters);
    }

    /** Whether {@code is_superuser} may be said of another role than the one that logs in, and the difference matters. */
    boolean mayHideSuperuser() {
        return !allowSuperuser && (parameters.containsKey("role") || parameters.containsKey("options"));
    }

    boolean superuserRefused(Map<String, String> serverParameters) {
        return !allowSuperuser && "on".equals(serverParameters.get("is_superuser"));
    }
}
