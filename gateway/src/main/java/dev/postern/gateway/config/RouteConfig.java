package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;

/**
 * Where the clients of one or more databases are led, who they may be, and as whom they are served.
 *
 * @param name unique; labels logs and metrics, and is what {@code options=-cpostern.route=NAME} names
 * @param match which clients take this route
 * @param backend the PostgreSQL servers behind it
 * @param clientAuth how a client proves who it is
 * @param credentials which role opens the server connections
 * @param access who may use it at all
 * @param pool how server connections are shared; keys that are absent come from the top level's {@code pool}
 * @param timeouts keys that are absent come from the top level's {@code timeouts}
 */
public record RouteConfig(
        String name,
        MatchConfig match,
        BackendConfig backend,
        ClientAuthConfig clientAuth,
        CredentialsConfig credentials,
        AccessConfig access,
        PoolConfig pool,
        RouteTimeoutsConfig timeouts)
        implements Checked {

    @Override
    public void check(Checks checks) {
        checks.notBlank("name", name, "a name");
        if (credentials instanceof CredentialsConfig.PassThrough) {
            passThrough(checks);
        }
    }

    /** Only a SCRAM proof (or a password) gives away keys, and they fit no server but one with the same salt. */
    private void passThrough(Checks checks) {
        if (clientAuth instanceof ClientAuthConfig.AuthQuery query) {
            checks.at("clientAuth")
                    .at("authQuery")
                    .problem(
                            query.method() == ClientAuthConfig.AuthQueryMethod.MD5,
                            "method",
                            "is md5, which leaves no keys for passThrough",
                            "scram or password");
            return;
        }
        if (clientAuth instanceof ClientAuthConfig.Hba hba && hba.authQuery().isPresent()) {
            return; // a client that a rule lets in by another method has no keys, and is told so
        }
        if (!(clientAuth instanceof ClientAuthConfig.Scram scram)) {
            checks.at("credentials")
                    .problem(
                            true,
                            "passThrough",
                            "needs the keys that only a SCRAM login leaves",
                            "clientAuth: {authQuery: ...} or {scram: ...}, or other credentials");
            return;
        }
        scram.users()
                .forEach((user, secret) -> checks.at("clientAuth")
                        .at("scram")
                        .at("users")
                        .problem(
                                secret instanceof UserSecretConfig.Password,
                                user,
                                "has a password, but passThrough needs the verifier that the server itself has",
                                "verifier, copied from the server's pg_authid.rolpassword"));
    }
}
