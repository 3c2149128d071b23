package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The whole configuration, as checked by {@link ConfigLoader}. Immutable; every file it names is an absolute or
 * loader-resolved path.
 *
 * @param listeners where clients connect; at least one
 * @param kubernetesApi the cluster whose Secrets and ServiceAccounts are named
 * @param vaultConnections Vault servers by the name that routes use
 * @param authQueries look-ups of users that several routes share, by the name that routes use
 * @param pool defaults of every route's {@code pool}
 * @param timeouts the gateway's own, and defaults of every route's {@code timeouts}
 * @param users what is different for single users, by name
 * @param limits bounds of the gateway as a whole
 * @param network options of TCP connections
 * @param throttle how failed logins slow down the next ones
 * @param admin health, metrics and console
 * @param logging what is logged and how
 * @param routes which database is where; at least one
 */
public record GatewayConfig(
        List<ListenerConfig> listeners,
        KubernetesApiConfig kubernetesApi,
        Map<String, VaultConnectionConfig> vaultConnections,
        Map<String, ClientAuthConfig.AuthQuery> authQueries,
        PoolConfig pool,
        TimeoutsConfig timeouts,
        Map<String, UserConfig> users,
        LimitsConfig limits,
        NetworkConfig network,
        ThrottleConfig throttle,
        AdminConfig admin,
        LoggingConfig logging,
        List<RouteConfig> routes)
        implements Checked {

    /** What is in force when a file says nothing; without listeners and routes it is none that could be run. */
    public static final GatewayConfig DEFAULTS = new GatewayConfig(
            List.of(),
            KubernetesApiConfig.DEFAULTS,
            Map.of(),
            Map.of(),
            PoolConfig.DEFAULTS,
            TimeoutsConfig.DEFAULTS,
            Map.of(),
            LimitsConfig.DEFAULTS,
            NetworkConfig.DEFAULTS,
            ThrottleConfig.DEFAULTS,
            new AdminConfig(
                    Optional.empty(), List.of(), List.of(), Optional.empty(), false, AdminConfig.DEFAULT_STATS_PERIOD),
            LoggingConfig.DEFAULTS,
            List.of());

    public GatewayConfig {
        listeners = List.copyOf(listeners);
        vaultConnections = InOrder.copyOf(vaultConnections);
        authQueries = InOrder.copyOf(authQueries);
        users = InOrder.copyOf(users);
        Map<String, UserConfig> ofAll = users;
        routes = routes.stream().map(route -> route.under(ofAll)).toList();
    }

    @Override
    public void check(Checks checks) {
        checks.notEmpty("listeners", listeners, "at least one listener")
                .notEmpty("routes", routes, "at least one route");
    }
}
