package dev.postern.auth.client;

import java.time.Duration;

/**
 * How failures slow the next attempts.
 *
 * @param free failures that cost nothing
 * @param first the pause after the first one that does; doubled by each more
 * @param longest the longest pause
 * @param forgive after how long one failure is forgiven
 */
public record ThrottleLimits(int free, Duration first, Duration longest, Duration forgive) {
    /** For one role of one route. */
    public static final ThrottleLimits USER =
            new ThrottleLimits(5, Duration.ofMillis(250), Duration.ofSeconds(10), Duration.ofSeconds(30));
    /** For one address, which may be that of many clients. */
    public static final ThrottleLimits ADDRESS =
            new ThrottleLimits(20, Duration.ofMillis(100), Duration.ofSeconds(2), Duration.ofSeconds(10));

    Duration pause(int failures) {
        if (failures < free) {
            return Duration.ZERO;
        }
        int doublings = Math.min(failures - free, 30);
        Duration pause = first.multipliedBy(1L << doublings);
        return pause.compareTo(longest) > 0 ? longest : pause;
    }
}
