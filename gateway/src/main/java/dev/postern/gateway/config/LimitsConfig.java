package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;

/**
 * Bounds of the gateway as a whole. 0 switches each but the first off.
 *
 * @param maxClientConn clients in all that are logged in; default 10000 (PgBouncer: max_client_conn, 100 there)
 * @param maxClientConnPerRoute clients of one route; default 0
 * @param maxDbClientConnections clients of one database, as they name it, of a route; default 0 (max_db_client_connections)
 * @param maxUserClientConnections clients of one user over all routes; default 0 (max_user_client_connections)
 * @param maxConnPerAddress client connections from one address (an IPv6 /64), logged in or not; default 0: no limit
 * @param maxLoginsPerAddress those of them that are not logged in; default 0: no limit
 * @param maxConnBeforeLogin client connections that are not logged in; default 0: as many as maxClientConn
 * @param maxHandshakes TLS handshakes of clients under way; further ones wait for their turn; default 0: no limit
 * @param maxStatementMemory what prepared statements may take in all; default 256MB
 * @param maxStatementMemoryPerClient what those of one client may take; default 32MB
 */
public record LimitsConfig(
        int maxClientConn,
        int maxClientConnPerRoute,
        int maxDbClientConnections,
        int maxUserClientConnections,
        int maxConnPerAddress,
        int maxLoginsPerAddress,
        int maxConnBeforeLogin,
        int maxHandshakes,
        ByteSize maxStatementMemory,
        ByteSize maxStatementMemoryPerClient)
        implements Checked {
    static final LimitsConfig DEFAULTS =
            new LimitsConfig(10_000, 0, 0, 0, 0, 0, 0, 0, ByteSize.parse("256MB"), ByteSize.parse("32MB"));

    static final int MAX = 1_000_000;

    /** The limit in force on connections that are not logged in. */
    public int mostBeforeLogin() {
        return maxConnBeforeLogin > 0 ? maxConnBeforeLogin : maxClientConn;
    }

    @Override
    public void check(Checks checks) {
        checks.range("maxClientConn", maxClientConn, 1, MAX)
                .range("maxClientConnPerRoute", maxClientConnPerRoute, 0, MAX)
                .range("maxDbClientConnections", maxDbClientConnections, 0, MAX)
                .range("maxUserClientConnections", maxUserClientConnections, 0, MAX)
                .range("maxConnPerAddress", maxConnPerAddress, 0, MAX)
                .range("maxLoginsPerAddress", maxLoginsPerAddress, 0, MAX)
                .range("maxConnBeforeLogin", maxConnBeforeLogin, 0, MAX)
                .range("maxHandshakes", maxHandshakes, 0, MAX);
    }
}
