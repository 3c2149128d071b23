package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;

/**
 * Bounds of a route's clients; 0: no limit. Keys that are absent come from the top level's {@code limits}.
 *
 * @param maxClientConnPerRoute clients that are logged in through it
 * @param maxDbClientConnections of those, the clients of one database, as they name it (max_db_client_connections)
 */
public record RouteLimitsConfig(int maxClientConnPerRoute, int maxDbClientConnections) implements Checked {
    @Override
    public void check(Checks checks) {
        checks.range("maxClientConnPerRoute", maxClientConnPerRoute, 0, LimitsConfig.MAX)
                .range("maxDbClientConnections", maxDbClientConnections, 0, LimitsConfig.MAX);
    }
}
