package dev.postern.gateway.admin;

import dev.postern.auth.credentials.CredentialStatus;
import java.util.List;

/**
 * A route.
 *
 * @param databases names or patterns that clients ask for
 * @param serverNames TLS server names that lead to it
 * @param hosts its servers, in order
 * @param poolMode as configured
 * @param poolSize most server connections of each of its pools, without the reserve
 * @param pools one for each backend database that a client has used
 */
public record RouteReport(
        String name,
        List<String> databases,
        List<String> serverNames,
        List<String> hosts,
        String poolMode,
        int poolSize,
        CredentialStatus credential,
        List<PoolReport> pools) {
    public RouteReport {
        databases = List.copyOf(databases);
        serverNames = List.copyOf(serverNames);
        hosts = List.copyOf(hosts);
        pools = List.copyOf(pools);
    }
}
