package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What operators look at.
 *
 * @param address where {@code /healthz}, {@code /readyz} and {@code /metrics} answer; absent: nowhere. Plain HTTP without
 *     a login
 * @param consoleUsers users who may log in to the virtual database {@code pgbouncer} and change things (PgBouncer:
 *     admin_users)
 * @param statsUsers users who may log in there and look (PgBouncer: stats_users)
 * @param clientAuth how these users prove who they are
 * @param quitQuitQuit whether a {@code POST /quitquitquit} from this machine drains the gateway and ends it, as SIGTERM does
 * @param statsPeriod over which the console's averages are; default 60s (PgBouncer: stats_period)
 */
public record AdminConfig(
        Optional<ListenAddress> address,
        List<String> consoleUsers,
        List<String> statsUsers,
        Optional<ClientAuthConfig> clientAuth,
        boolean quitQuitQuit,
        Duration statsPeriod)
        implements Checked {
    static final Duration DEFAULT_STATS_PERIOD = Duration.ofSeconds(60);

    public AdminConfig {
        consoleUsers = List.copyOf(consoleUsers);
        statsUsers = List.copyOf(statsUsers);
    }

    @Override
    public void check(Checks checks) {
        checks.range("statsPeriod", statsPeriod, Duration.ofSeconds(1), Duration.ofHours(24))
                .problem(
                        address.flatMap(ListenAddress::socket).isPresent(),
                        "address",
                        "is a unix socket",
                        "host:port such as 127.0.0.1:9090");
    }
}
