package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The PostgreSQL servers of a route.
 *
 * @param hosts tried in this order; port 5432 where none is given
 * @param targetSessionAttrs which of the hosts will do, as libpq has it; default {@code any}
 * @param loadBalanceHosts in which order they are tried; default {@code disable}: as they stand
 * @param database the database's name there; absent: the name the client asked for. {@code $1}, {@code $2} ... stand for
 *     what the stars of the route's database pattern stood for, {@code $$} for a dollar
 * @param tls encryption towards the server
 * @param allowCleartextPassword whether a server may ask for the password in clear outside TLS (never needed with SCRAM)
 * @param dnsTtl how long an address is used before the name is resolved again, default 15s (PgBouncer: dns_max_ttl)
 * @param connectQuery run on every new server connection before a client gets it; an error is logged (connect_query)
 * @param parameters startup parameters added to every server connection
 */
public record BackendConfig(
        List<BackendHost> hosts,
        TargetSessionAttrs targetSessionAttrs,
        LoadBalanceHosts loadBalanceHosts,
        Optional<String> database,
        BackendTlsConfig tls,
        boolean allowCleartextPassword,
        Duration dnsTtl,
        Optional<String> connectQuery,
        Map<String, String> parameters)
        implements Checked {

    static final TargetSessionAttrs DEFAULT_TARGET_SESSION_ATTRS = TargetSessionAttrs.ANY;
    static final LoadBalanceHosts DEFAULT_LOAD_BALANCE_HOSTS = LoadBalanceHosts.DISABLE;
    static final Duration DEFAULT_DNS_TTL = Duration.ofSeconds(15);

    /** Set by the gateway itself for each server connection. */
    private static final Set<String> OWN_PARAMETERS = Set.of("user", "database", "replication");

    public BackendConfig {
        hosts = List.copyOf(hosts);
        parameters = InOrder.copyOf(parameters);
    }

    @Override
    public void check(Checks checks) {
        checks.notEmpty("hosts", hosts, "at least one host such as pg-a:5432")
                .range("dnsTtl", dnsTtl, Duration.ZERO, Duration.ofDays(1));
        database.ifPresent(name -> checks.notBlank("database", name, "a database name, or no such key"));
        connectQuery.ifPresent(sql -> checks.notBlank("connectQuery", sql, "a statement, or no such key"));
        parameters.forEach((name, value) -> checks.at("parameters")
                .problem(
                        OWN_PARAMETERS.contains(name),
                        name,
                        "is set by the gateway",
                        "backend.database or credentials instead")
                .problem(
                        name.isEmpty() || name.indexOf('\0') >= 0 || value.indexOf('\0') >= 0,
                        name,
                        "is empty or holds a zero byte",
                        "a PostgreSQL setting"));
    }
}
