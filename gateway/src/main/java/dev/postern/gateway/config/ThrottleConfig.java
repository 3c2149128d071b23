package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.time.Duration;

/**
 * How failed logins slow down the next ones, for an address (an IPv6 /64) and for a user of a route, never for a whole
 * route.
 *
 * @param userFailures failures of one user of a route that cost nothing, default 5; 0: users are not slowed
 * @param addressFailures failures from one address that cost nothing, default 20; 0: addresses are not slowed
 * @param longestPause the pause doubles with each failure up to this, default 10s; attempts that would wait for more than 3 s
 *     are refused
 */
public record ThrottleConfig(int userFailures, int addressFailures, Duration longestPause) implements Checked {
    static final ThrottleConfig DEFAULTS = new ThrottleConfig(5, 20, Duration.ofSeconds(10));

    private static final int MAX = 1_000_000;

    @Override
    public void check(Checks checks) {
        checks.range("userFailures", userFailures, 0, MAX)
                .range("addressFailures", addressFailures, 0, MAX)
                .range("longestPause", longestPause, Duration.ofMillis(250), Duration.ofHours(1));
    }
}
