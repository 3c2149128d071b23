package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.util.LinkedHashMap;
import java.util.Map;

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
 * @param limits bounds of its clients; keys that are absent come from the top level's {@code limits}
 * @param users what is different for single users; over the top level's {@code users}, key by key
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
        RouteTimeoutsConfig timeouts,
        RouteLimitsConfig limits,
        Map<String, UserConfig> users)
        implements Checked {

    public RouteConfig {
        users = InOrder.copyOf(users);
    }

    /** With what the top level says of users. */
    RouteConfig under(Map<String, UserConfig> top) {
        Map<String, UserConfig> merged = new LinkedHashMap<>();
        top.forEach((name, user) -> merged.put(name, user.inRoute()));
        users.forEach((name, user) -> merged.put(name, top.containsKey(name) ? user.over(top.get(name)) : user));
        return new RouteConfig(name, match, backend, clientAuth, credentials, access, pool, timeouts, limits, merged);
    }

    @Override
    public void check(Checks checks) {
        checks.notBlank("name", name, "a name");
        checks.at("access")
                .problem(
                        access.setRole().isPresent() && backend.parameters().containsKey("role"),
                        "setRole",
                        "is given, and backend.parameters has a role too",
                        "one of the two");
        if (credentials instanceof CredentialsConfig.PassThrough) {
            passThrough(checks);
        }
        switch (credentials) {
            case CredentialsConfig.RdsIam rds -> {
                token("rdsIam", checks);
                checks.at("credentials")
                        .problem(
                                rds.signedFor(backend.hosts()).isEmpty()
                                        && !backend.hosts().isEmpty(),
                                "rdsIam",
                                "is signed for one server, and the backend has several hosts",
                                "one host (a cluster's endpoint moves by itself), or endpoint");
            }
            case CredentialsConfig.AzureEntra ignored -> token("azureEntra", checks);
            case CredentialsConfig.CloudSqlIam ignored -> token("cloudSqlIam", checks);
            default -> {}
        }
    }

    /** A cloud's token stands in place of a password, and the server asks for it in clear. */
    private void token(String key, Checks checks) {
        BackendTlsMode mode = backend.tls().mode();
        checks.at("backend")
                .at("tls")
                .problem(
                        !mode.isCertain(),
                        "mode",
                        "is " + mode.keyword() + ", and the token of " + key + " is sent as it is",
                        "verify-full with the cloud's bundle as caFile (or require, which checks nobody)");
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
