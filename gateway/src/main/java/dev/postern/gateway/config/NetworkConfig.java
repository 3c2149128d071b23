package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.time.Duration;

/**
 * Options of TCP connections to clients and servers, with PgBouncer's names. 0 leaves what the system has.
 *
 * @param tcpKeepalive whether the system probes connections that are silent; default true
 * @param tcpKeepidle silence before the first probe; default 0 (Linux only, like those below)
 * @param tcpKeepintvl time between probes; default 0
 * @param tcpKeepcnt probes without an answer after which the connection is dead; default 0
 * @param tcpUserTimeout how long sent data may stay unacknowledged; default 0
 */
public record NetworkConfig(
        boolean tcpKeepalive, Duration tcpKeepidle, Duration tcpKeepintvl, int tcpKeepcnt, Duration tcpUserTimeout)
        implements Checked {
    static final NetworkConfig DEFAULTS = new NetworkConfig(true, Duration.ZERO, Duration.ZERO, 0, Duration.ZERO);

    /** The system's own bounds (tcp(7)). */
    private static final Duration MOST_SECONDS = Duration.ofSeconds(32767);

    private static final int MOST_PROBES = 127;

    @Override
    public void check(Checks checks) {
        checks.range("tcpKeepidle", tcpKeepidle, Duration.ZERO, MOST_SECONDS)
                .range("tcpKeepintvl", tcpKeepintvl, Duration.ZERO, MOST_SECONDS)
                .range("tcpKeepcnt", tcpKeepcnt, 0, MOST_PROBES)
                .range("tcpUserTimeout", tcpUserTimeout, Duration.ZERO, Duration.ofDays(1))
                .problem(
                        tcpKeepidle.toNanosPart() != 0,
                        "tcpKeepidle",
                        "has a fraction of a second",
                        "whole seconds, as the system counts them")
                .problem(
                        tcpKeepintvl.toNanosPart() != 0,
                        "tcpKeepintvl",
                        "has a fraction of a second",
                        "whole seconds, as the system counts them");
    }
}
