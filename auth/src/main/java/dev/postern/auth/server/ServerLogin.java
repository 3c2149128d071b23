package dev.postern.auth.server;

import java.util.Optional;
import java.util.concurrent.Executor;

/** How the gateway logs in as one role: shared by the connections of a pool's generation, on any thread. */
public final class ServerLogin {
    private final String user;
    private final ServerSecret secret;
    private final LoginPolicy policy;
    private final ScramKeyCache keys;

    /** @param user the server role, as in the startup packet */
    public ServerLogin(String user, ServerSecret secret, LoginPolicy policy, ScramKeyCache keys) {
        this.user = user;
        this.secret = secret;
        this.policy = policy;
        this.keys = keys;
    }

    /**
     * A login on a new connection.
     *
     * @param tls whether it is inside TLS
     * @param tlsServerEndPoint the hash of the server's certificate (RFC 5929); empty where there is none
     * @param loop the connection's event loop: {@link ServerStep.Later} completes there
     */
    public ServerAuthentication begin(boolean tls, Optional<byte[]> tlsServerEndPoint, Executor loop) {
        return new ServerExchange(user, secret, policy, keys, tls, tlsServerEndPoint, loop);
    }
}
