package dev.postern.auth.client;

import java.time.Duration;

/**
 * How long answers of a look-up are remembered, and how much may be asked.
 *
 * @param maximumSize users remembered
 * @param found how long a user's password is
 * @param unknown how long a user's absence is
 * @param failed how long a failed look-up is, so that a database in trouble is not asked by every client
 * @param lookAgain least time between two look-ups of one user after failed proofs
 * @param maximumUnderWay look-ups that may run at once, half of them for users that were not found before; beyond, logins are
 *     refused
 */
public record AuthQueryLimits(
        int maximumSize, Duration found, Duration unknown, Duration failed, Duration lookAgain, int maximumUnderWay) {
    public static final AuthQueryLimits DEFAULT = new AuthQueryLimits(
            10_000, Duration.ofMinutes(5), Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ofSeconds(20), 64);
}
