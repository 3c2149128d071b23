package dev.postern.gateway.it.harness;

/**
 * One entry of {@code routes:}; the values are YAML in flow style, so that a scenario can say anything the schema allows.
 *
 * @param name of the route
 * @param databases the list {@code match.databases}; at first the name alone
 * @param hosts list of host:port
 * @param backendDatabase the database's name on the server
 * @param backendTls the object {@code backend.tls}
 * @param clientAuth the object {@code clientAuth}
 * @param credentials the object {@code credentials}
 * @param pool the object {@code pool}
 * @param timeouts the object {@code timeouts}
 * @param more other keys, in flow style: {@code access: {...}}, one a line
 */
public record RouteYaml(
        String name,
        String databases,
        String hosts,
        String backendDatabase,
        String backendTls,
        String clientAuth,
        String credentials,
        String pool,
        String timeouts,
        String more) {

    /** A tenant's database on a server, user {@code app}, TLS verify-full, the tenant's own backend role. */
    public static RouteYaml to(PostgresServer server, String name, String database) {
        return new RouteYaml(
                name,
                "[" + name + "]",
                "[\"localhost:" + server.port() + "\"]",
                database,
                "{mode: verify-full, caFile: " + Certificates.shared().caFile() + "}",
                "{scram: {users: {app: {password: app-secret}}}}",
                "{static: {user: " + Tenant.backendRole(database) + ", password: " + Tenant.backendPassword(database)
                        + "}}",
                "{mode: transaction}",
                "{}",
                "");
    }

    public RouteYaml withMore(String keys) {
        return new RouteYaml(
                name, databases, hosts, backendDatabase, backendTls, clientAuth, credentials, pool, timeouts, keys);
    }

    /** The same under another name: a pool of its own. */
    public RouteYaml named(String name) {
        return new RouteYaml(
                name,
                "[" + name + "]",
                hosts,
                backendDatabase,
                backendTls,
                clientAuth,
                credentials,
                pool,
                timeouts,
                more);
    }

    /** For example {@code [shop, "tenant_*"]}. */
    public RouteYaml forDatabases(String databases) {
        return new RouteYaml(
                name, databases, hosts, backendDatabase, backendTls, clientAuth, credentials, pool, timeouts, more);
    }

    public RouteYaml withHosts(String hosts) {
        return new RouteYaml(
                name, databases, hosts, backendDatabase, backendTls, clientAuth, credentials, pool, timeouts, more);
    }

    public RouteYaml withBackendDatabase(String backendDatabase) {
        return new RouteYaml(
                name, databases, hosts, backendDatabase, backendTls, clientAuth, credentials, pool, timeouts, more);
    }

    public RouteYaml withBackendTls(String backendTls) {
        return new RouteYaml(
                name, databases, hosts, backendDatabase, backendTls, clientAuth, credentials, pool, timeouts, more);
    }

    public RouteYaml withClientAuth(String clientAuth) {
        return new RouteYaml(
                name, databases, hosts, backendDatabase, backendTls, clientAuth, credentials, pool, timeouts, more);
    }

    public RouteYaml withCredentials(String credentials) {
        return new RouteYaml(
                name, databases, hosts, backendDatabase, backendTls, clientAuth, credentials, pool, timeouts, more);
    }

    /** Startup parameters of its server connections: {@code backend.parameters}. */
    public RouteYaml withBackendParameters(String parameters) {
        return withBackendTls(backendTls + ", parameters: " + parameters);
    }

    /** For example {@code {mode: transaction, defaultPoolSize: 1}}. */
    public RouteYaml withPool(String pool) {
        return new RouteYaml(
                name, databases, hosts, backendDatabase, backendTls, clientAuth, credentials, pool, timeouts, more);
    }

    public RouteYaml withTimeouts(String timeouts) {
        return new RouteYaml(
                name, databases, hosts, backendDatabase, backendTls, clientAuth, credentials, pool, timeouts, more);
    }

    /** The object {@code match}, with server names for example. */
    public RouteYaml withMatch(String match) {
        return withMore("match: " + match + "\n" + more);
    }

    String yaml() {
        String match = more.startsWith("match: ") ? "" : "match: {databases: " + databases + "}";
        return """
                  - name: %s
                    %s
                    backend: {hosts: %s, database: %s, tls: %s}
                    clientAuth: %s
                    credentials: %s
                    pool: %s
                    timeouts: %s
                """.formatted(name, match, hosts, backendDatabase, backendTls, clientAuth, credentials, pool, timeouts)
                + more.lines().map(line -> "    " + line + "\n").collect(java.util.stream.Collectors.joining());
    }
}
